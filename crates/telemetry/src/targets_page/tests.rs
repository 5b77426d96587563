//! Choice of form and the table itself.

use serde_json::json;

use super::{prefers_html, render};

#[test]
fn a_browser_gets_html_and_a_program_gets_json() {
    assert!(prefers_html("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"));
    assert!(!prefers_html("*/*"));
    assert!(!prefers_html(""));
    assert!(!prefers_html("application/json"));
    assert!(!prefers_html("application/json, text/html;q=0.5"));
    assert!(!prefers_html("text/html;q=0"));
}

#[test]
fn every_column_of_every_row_shows_and_labels_are_readable() {
    let page =
        render(&json!([{"job": "a", "labels": {"instance": "x:1", "zone": "b"}}, {"error": "timeout"}]));
    assert!(page.contains("<th>error</th><th>job</th><th>labels</th>"), "{page}");
    assert!(page.contains("<tr><td></td><td>a</td><td>instance=x:1, zone=b</td></tr>"), "{page}");
    assert!(page.contains("<tr><td>timeout</td><td></td><td></td></tr>"), "{page}");
}

#[test]
fn a_target_cannot_put_markup_on_the_page() {
    let page = render(&json!({"<b>": [{"<i>": "<script>'\"&"}]}));
    assert!(page.contains("<h1>&lt;b&gt;</h1>"), "{page}");
    assert!(page.contains("<th>&lt;i&gt;</th>"), "{page}");
    assert!(page.contains("<td>&lt;script&gt;&#39;&quot;&amp;</td>"), "{page}");
}

#[test]
fn no_targets_are_said_to_be_none() {
    assert!(render(&json!([])).contains("<p>none</p>"));
}
