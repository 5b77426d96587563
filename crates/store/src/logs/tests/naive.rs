//! A search finds what a look at every record finds.

use proptest::prelude::{Just, ProptestConfig, Strategy, prop, prop_oneof, proptest};
use tokio::runtime::Runtime;
use weir_proto::generated::otlp::common::any_value::Value;
use weir_proto::generated::otlp::logs::LogRecord;

use crate::stage::{MS, NOW, Stage, attribute, int, logs, record, selection, text};
use crate::{FacetQuery, LogQuery};

/// Words and signs that bodies and searches are made of; few, so that they meet.
const PIECES: [&str; 16] = [
    "timeout",
    "time",
    "db",
    "Refused",
    "42",
    "user_id=42",
    "a-b",
    "GET /api",
    "\u{e4}RGER",
    "\u{2014}",
    "{",
    "\"",
    "x\ny",
    "4.50",
    "\u{65e5}\u{672c}",
    "\u{10FFFF}",
];

fn piece() -> impl Strategy<Value = String> {
    prop::sample::select(&PIECES[..]).prop_map(str::to_owned)
}

fn body() -> impl Strategy<Value = String> {
    let plain = prop::collection::vec(piece(), 0..6).prop_map(|pieces| pieces.join(" "));
    let json = (piece(), 0..3_i64, prop::bool::ANY).prop_map(|(word, number, yes)| {
        serde_json::json!({"msg": word, "n": number, "deep": {"yes": yes}, "f": 4.5}).to_string()
    });
    prop_oneof![3 => plain, 1 => json]
}

#[derive(Clone, Debug)]
struct Spec {
    service: usize,
    ms: i64,
    severity: i32,
    body: String,
    user: Option<String>,
    n: Option<i64>,
    list: Option<String>,
}

fn spec() -> impl Strategy<Value = Spec> {
    let user = prop::option::of(piece());
    let parts = (
        0..3_usize,
        0..20_i64,
        0..26_i32,
        body(),
        user,
        prop::option::of(0..3_i64),
        prop::option::of(piece()),
    );
    parts.prop_map(|(service, ms, severity, body, user, n, list)| Spec {
        service,
        ms,
        severity,
        body,
        user,
        n,
        list,
    })
}

impl Spec {
    fn record(&self, index: usize) -> LogRecord {
        let mut record = record(NOW + self.ms * MS, &self.body);
        record.severity_number = self.severity;
        record.attributes.push(int("index", index as i64));
        record.attributes.extend(self.user.as_ref().map(|user| text("user", user)));
        record.attributes.extend(self.n.map(|n| int("n", n)));
        let list = |word: &String| {
            let values = vec![attribute("", Value::StringValue(word.clone())).value.unwrap_or_default()];
            attribute("list", Value::ArrayValue(weir_proto::generated::otlp::common::ArrayValue { values }))
        };
        record.attributes.extend(self.list.as_ref().map(list));
        record
    }

    /// The text that a search looks at.
    fn texts(&self, index: usize) -> Vec<String> {
        let own = [
            Some(self.body.clone()),
            Some(index.to_string()),
            self.user.clone(),
            self.n.map(|n| n.to_string()),
        ];
        let list = self.list.as_ref().map(|word| serde_json::json!([word]).to_string());
        own.into_iter().flatten().chain(list).collect()
    }
}

/// Words as the page describes them, in another way than the store finds them.
fn words(text: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    for character in text.chars() {
        match character.is_alphanumeric() {
            true => words.last_mut().expect("one is there").extend(character.to_lowercase()),
            false => words.push(String::new()),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

#[derive(Clone, Debug)]
struct Term {
    text: String,
    is_prefix: bool,
    is_excluded: bool,
}

fn term() -> impl Strategy<Value = Term> {
    let word = prop::sample::select(
        &["timeout", "time", "tim", "42", "user_id=42", "id", "\u{e4}rger", "a-b", "refused", "x"][..],
    );
    (word, prop::bool::weighted(0.2), prop::bool::weighted(0.2))
        .prop_map(|(text, is_prefix, is_excluded)| Term { text: text.to_owned(), is_prefix, is_excluded })
}

impl Term {
    fn is_in(&self, texts: &[String]) -> bool {
        let wanted = words(&self.text);
        texts.iter().any(|text| {
            words(text).windows(wanted.len()).any(|window| {
                let (last, first) = (window.len() - 1, &wanted[..wanted.len() - 1]);
                let is_last = if self.is_prefix {
                    window[last].starts_with(&wanted[last])
                } else {
                    window[last] == wanted[last]
                };
                window[..last] == *first && is_last
            })
        })
    }

    fn written(&self) -> String {
        let sign = if self.is_excluded { "-" } else { "" };
        format!("{sign}{}{}", self.text, if self.is_prefix { "*" } else { "" })
    }
}

/// A filter and whether a record passes it.
#[derive(Clone, Debug)]
struct Filter {
    text: &'static str,
    passes: fn(&Spec) -> bool,
}

fn json_member(spec: &Spec, pointer: &str) -> Option<serde_json::Value> {
    let object: serde_json::Value = serde_json::from_str(&spec.body).ok()?;
    object.pointer(pointer).cloned()
}

fn n(spec: &Spec) -> Option<i64> {
    spec.n.or_else(|| json_member(spec, "/n")?.as_i64())
}

fn filter() -> impl Strategy<Value = Filter> {
    prop::sample::select(vec![
        Filter { text: "level>=error", passes: |spec| (17..=24).contains(&spec.severity) },
        Filter { text: "level=info", passes: |spec| (9..=12).contains(&spec.severity) },
        Filter { text: "level!=unknown", passes: |spec| (1..=24).contains(&spec.severity) },
        Filter { text: "service=s1", passes: |spec| spec.service == 1 },
        Filter { text: "service.name!=s1", passes: |spec| spec.service != 1 },
        Filter { text: "user=user_id=42", passes: |spec| spec.user.as_deref() == Some("user_id=42") },
        Filter { text: "user=GET /api", passes: |spec| spec.user.as_deref() == Some("GET /api") },
        Filter { text: "user~REFU", passes: |spec| spec.user.as_deref() == Some("Refused") },
        Filter { text: "!user", passes: |spec| spec.user.is_none() },
        Filter { text: "n=2", passes: |spec| n(spec) == Some(2) },
        Filter { text: "n<=1", passes: |spec| n(spec).is_some_and(|n| n <= 1) },
        Filter { text: "msg=timeout", passes: |spec| json_member(spec, "/msg") == Some("timeout".into()) },
        Filter { text: "msg=x\ny", passes: |spec| json_member(spec, "/msg") == Some("x\ny".into()) },
        Filter { text: "deep.yes=true", passes: |spec| json_member(spec, "/deep/yes") == Some(true.into()) },
        Filter { text: "f=4.5", passes: |spec| json_member(spec, "/f").is_some() },
        Filter { text: "body~timeout DB", passes: |spec| spec.body.to_lowercase().contains("timeout db") },
    ])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn a_search_finds_what_a_look_at_every_record_finds(
        specs in prop::collection::vec(spec(), 1..60),
        questions in prop::collection::vec((prop::collection::vec(term(), 0..3), prop::collection::vec(filter(), 0..3)), 12),
        range in prop_oneof![Just((0, 20)), (0..20_i64, 0..20_i64)],
    ) {
        Runtime::new().expect("a runtime").block_on(async {
            let stage = Stage::new();
            for service in 0..3 {
                let own = specs.iter().enumerate().filter(|(_, spec)| spec.service == service);
                let records: Vec<LogRecord> = own.map(|(index, spec)| spec.record(index)).collect();
                stage.put_new(&logs(&format!("s{service}"), NOW, records)).await;
            }
            for (terms, filters) in &questions {
                ask(&stage, &specs, terms, filters, range).await;
            }
        });
    }
}

async fn ask(stage: &Stage, specs: &[Spec], terms: &[Term], filters: &[Filter], (from, to): (i64, i64)) {
    let passes = |(index, spec): &(usize, &Spec)| {
        let texts = spec.texts(*index);
        (from..to).contains(&spec.ms)
            && terms.iter().all(|term| term.is_in(&texts) != term.is_excluded)
            && filters.iter().all(|filter| (filter.passes)(spec))
            && only_one_alternative(filters)
    };
    if !only_one_alternative(filters) {
        return;
    }
    let mut expected: Vec<(i64, String)> =
        specs.iter().enumerate().filter(passes).map(|(_, spec)| (spec.ms, spec.body.clone())).collect();
    let q: Vec<String> = terms.iter().map(Term::written).collect();
    let texts: Vec<&str> = filters.iter().map(|filter| filter.text).collect();
    let mut selection = selection(&q.join(" "), &texts);
    (selection.from, selection.to) = (NOW + from * MS, NOW + to * MS);
    let query = LogQuery { selection: selection.clone(), limit: 1000, ..LogQuery::default() };
    let page = stage.store.logs(query).await.expect("readable");
    let row = |row: &crate::LogRow| ((row.time_ms as i64) - NOW / MS, row.message.clone());
    let mut found: Vec<(i64, String)> = page.records.iter().map(row).collect();
    assert!(found.is_sorted_by(|a, b| a.0 >= b.0), "{q:?} {texts:?}");
    found.sort();
    expected.sort();
    assert_eq!(found, expected, "{q:?} {texts:?}");
    let histogram = stage.store.log_histogram(selection.clone(), 7).await.expect("readable");
    assert_eq!(histogram.total, expected.len() as u64, "{q:?} {texts:?}");
    assert_eq!(histogram.buckets.iter().map(|bucket| bucket.total).sum::<u64>(), histogram.total);
    let facets = stage.store.log_facets(FacetQuery { selection, limit: 100, ..FacetQuery::default() }).await;
    assert_eq!(facets.expect("readable").records, histogram.total);
}

/// Several `=` of one field are alternatives; here they would be read as conditions that must all hold.
fn only_one_alternative(filters: &[Filter]) -> bool {
    let fields: Vec<&str> =
        filters.iter().filter_map(|filter| filter.text.split_once('=')).map(|(field, _)| field).collect();
    fields.iter().enumerate().all(|(index, field)| !fields[..index].contains(field))
}
