//! What is kept.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use weir_config::{TailPolicyConfig, TailRule};
use weir_proto::otlp::KeyValues;
use weir_proto::wire::WireError;
use weir_sampling::{Randomness, Threshold};

use super::trace::{Facts, TraceId, Undecided};
use crate::spans::text_of;

/// Policies. A trace gets the lowest of their thresholds, so that one is kept which any of them keeps.
///
/// A policy that looks at the trace alone keeps all that it means (threshold 0) or nothing. A share keeps those of
/// high randomness. A rate keeps, of the traces of a service that are decided over together, those of the highest
/// randomness; its threshold lies just above the best one that is not kept, so that adjusted counts are not biased
/// (bottom-k sampling).
#[derive(Debug)]
pub(super) struct Policies {
    names: Vec<String>,
    rules: Vec<Rule>,
}

#[derive(Debug)]
enum Rule {
    Error,
    /// Nanoseconds.
    Latency(u64),
    Attribute {
        key: String,
        values: HashSet<String>,
    },
    Rate(u64),
    Probability(Threshold),
    TraceIds(HashSet<TraceId>),
}

/// The verdict over one trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Verdict {
    pub(super) threshold: Threshold,
    pub(super) kept: bool,
    /// The policy with that threshold.
    pub(super) policy: Option<usize>,
}

impl Policies {
    pub(super) fn new(configs: &[TailPolicyConfig]) -> Self {
        let rule = |config: &TailPolicyConfig| match &config.rule {
            TailRule::Error => Rule::Error,
            TailRule::Latency(above) => Rule::Latency(u64::try_from(above.as_nanos()).unwrap_or(u64::MAX)),
            TailRule::Attribute { key, values } => {
                Rule::Attribute { key: key.clone(), values: values.iter().cloned().collect() }
            }
            TailRule::Rate(rate) => Rule::Rate(*rate),
            TailRule::Probability(ratio) => {
                Rule::Probability(Threshold::from_ratio(*ratio).unwrap_or(Threshold::ALWAYS))
            }
            TailRule::TraceIds(ids) => Rule::TraceIds(ids.iter().copied().collect()),
        };
        let names = configs.iter().map(|config| config.name.clone()).collect();
        Self { names, rules: configs.iter().map(rule).collect() }
    }

    pub(super) fn names(&self) -> &[String] {
        &self.names
    }

    /// Whether attributes need to be looked at.
    pub(super) fn ask_for_attributes(&self) -> bool {
        self.rules.iter().any(|rule| matches!(rule, Rule::Attribute { .. }))
    }

    /// One bit for each rule that these attributes meet.
    pub(super) fn met_by(&self, attributes: KeyValues<'_>) -> Result<u64, WireError> {
        let mut met = 0;
        for attribute in attributes.iter() {
            let attribute = attribute?;
            for (index, rule) in self.rules.iter().enumerate() {
                let Rule::Attribute { key, values } = rule else { continue };
                if attribute.key_bytes() == key.as_bytes() && Self::is_one_of(values, &attribute.value()?) {
                    met |= 1 << (index % 64);
                }
            }
        }
        Ok(met)
    }

    fn is_one_of(values: &HashSet<String>, value: &weir_proto::otlp::AnyValueView<'_>) -> bool {
        values.is_empty() || text_of(value).is_some_and(|text| values.contains(&text))
    }

    /// Decides over traces that are due together, `elapsed` after the last ones.
    pub(super) fn decide(&self, traces: &[(TraceId, Undecided)], elapsed: Duration) -> Vec<Verdict> {
        let mut verdicts: Vec<Verdict> =
            traces.iter().map(|(id, trace)| self.alone(id, &trace.facts)).collect();
        for (index, rule) in self.rules.iter().enumerate() {
            if let Rule::Rate(rate) = rule {
                let most = (*rate as f64 * elapsed.as_secs_f64().min(1.0)).floor().max(1.0) as usize;
                limit(traces, &mut verdicts, most, index);
            }
        }
        verdicts
            .into_iter()
            .zip(traces)
            .map(|(verdict, (id, trace))| Verdict {
                kept: verdict.threshold.keeps(randomness(id, &trace.facts)),
                ..verdict
            })
            .collect()
    }

    /// What the rules say that look at one trace only.
    fn alone(&self, id: &TraceId, facts: &Facts) -> Verdict {
        let mut verdict = Verdict { threshold: Threshold::NEVER, kept: false, policy: None };
        for (index, rule) in self.rules.iter().enumerate() {
            let all = |keeps: bool| if keeps { Threshold::ALWAYS } else { Threshold::NEVER };
            let threshold = match rule {
                Rule::Error => all(facts.has_error),
                Rule::Latency(above) => all(facts.duration() > *above),
                Rule::Attribute { .. } => all(facts.attributes & (1 << (index % 64)) != 0),
                Rule::TraceIds(ids) => all(ids.contains(id)),
                Rule::Probability(threshold) => *threshold,
                Rule::Rate(_) => Threshold::NEVER,
            };
            verdict.lower(threshold, index);
        }
        verdict
    }
}

impl Verdict {
    fn lower(&mut self, threshold: Threshold, policy: usize) {
        if threshold < self.threshold {
            self.threshold = threshold;
            self.policy = Some(policy);
        }
    }
}

/// Lets `most` traces of each service pass that are not kept anyway.
fn limit(traces: &[(TraceId, Undecided)], verdicts: &mut [Verdict], most: usize, policy: usize) {
    let mut services: BTreeMap<Option<&Arc<str>>, Vec<usize>> = BTreeMap::new();
    for (index, (_, trace)) in traces.iter().enumerate() {
        if verdicts[index].threshold > Threshold::ALWAYS {
            services.entry(trace.facts.service.as_ref()).or_default().push(index);
        }
    }
    for mut group in services.into_values() {
        let of = |index: &usize| randomness(&traces[*index].0, &traces[*index].1.facts);
        group.sort_by_key(|index| std::cmp::Reverse(of(index)));
        let threshold =
            group.get(most).map_or(Threshold::ALWAYS, |first_out| Threshold::above(of(first_out)));
        group.iter().for_each(|&index| verdicts[index].lower(threshold, policy));
    }
}

/// The randomness by which every sampler decides over a trace.
pub(super) fn randomness(id: &TraceId, facts: &Facts) -> Randomness {
    facts.randomness.unwrap_or_else(|| Randomness::from_trace_id(id))
}

#[cfg(test)]
mod tests;
