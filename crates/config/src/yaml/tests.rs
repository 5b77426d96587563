//! Places, anchors and limits.

use proptest::prelude::*;

use super::{Content, Node, YamlError, parse_documents};

fn parse(text: &str) -> Result<Node, YamlError> {
    parse_documents(text, 1).map(|mut documents| documents.pop().unwrap_or_else(Node::null))
}

fn entry<'n>(node: &'n Node, key: &str) -> &'n Node {
    let Content::Mapping(entries) = &node.content else { panic!("not a mapping: {node:?}") };
    let found = entries.iter().find(|(each, _)| each.scalar() == Some(key));
    &found.unwrap_or_else(|| panic!("{key} is missing in {node:?}")).1
}

fn message(text: &str) -> String {
    parse(text).map(|node| format!("{node:?}")).expect_err("the text is wrong").message
}

#[test]
fn places_are_lines_columns_and_bytes_even_behind_wide_characters() {
    let text = "a: \u{fc}\nlonger: {b: \"\u{fc}\", c: 12}\n";
    let node = parse(text).expect("the text is YAML");
    let place = &entry(entry(&node, "longer"), "c").place;
    assert_eq!((place.line, place.column), (2, 21));
    assert_eq!(&text[place.bytes.clone()], "12");
}

#[test]
fn quoted_scalars_are_never_null() {
    let node = parse("a: ~\nb: ''\nc: !!str null\nd:\n").expect("the text is YAML");
    let nulls = ["a", "b", "c", "d"].map(|key| entry(&node, key).is_null());
    assert_eq!(nulls, [true, false, false, true]);
}

#[test]
fn a_merge_key_gives_way_to_what_is_written_out_on_either_side_of_it() {
    let text = "base: &b {x: 1, y: 2, z: 3}\nuse: {x: 10, <<: *b, y: 20}\nlist: {<<: [*b, {w: 4, x: 9}]}\n";
    let node = parse(text).expect("the text is YAML");
    let used = entry(&node, "use");
    assert_eq!(["x", "y", "z"].map(|key| entry(used, key).scalar()), [Some("10"), Some("20"), Some("3")]);
    assert_eq!(["x", "w"].map(|key| entry(entry(&node, "list"), key).scalar()), [Some("1"), Some("4")]);
}

#[test]
fn aliases_cannot_blow_up_the_memory() {
    let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..10 {
        let below = format!("*a{}", level - 1);
        text.push_str(&format!("a{level}: &a{level} [{}]\n", vec![below; 10].join(", ")));
    }
    assert!(message(&text).contains("too many nodes"));
}

#[test]
fn nesting_has_a_limit() {
    assert!(message(&"[".repeat(100)).contains("nested too deeply"));
}

#[test]
fn an_alias_inside_of_its_own_anchor_is_refused() {
    assert!(message("a: &a [*a]").contains("inside of what it names"));
}

#[test]
fn a_second_document_and_a_foreign_tag_are_refused() {
    assert!(message("a: 1\n---\nb: 2\n").contains("second document"));
    assert!(message("a: !vault secret\n").contains("!vault"));
}

#[test]
fn what_is_not_yaml_is_refused_with_its_line() {
    let error = parse("a: 1\nb: [1, 2\nc: 3\n").expect_err("the list is not closed");
    assert!(error.message.starts_with("not YAML: "), "{}", error.message);
    assert!(error.place.line >= 2, "{:?}", error.place);
}

#[test]
fn an_empty_file_is_a_null() {
    assert!(parse("# nothing\n").expect("comments are YAML").is_null());
}

proptest! {
    #[test]
    fn no_text_makes_the_reader_panic_and_every_place_lies_within_it(text in "[-a-c\u{fc}:,\\[\\]{}&*<!|>'\"# \n~?]{0,60}") {
        let place = match parse(&text) {
            Ok(node) => node.place,
            Err(error) => error.place,
        };
        prop_assert!(text.get(place.bytes).is_some());
    }
}
