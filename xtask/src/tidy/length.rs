//! Files and functions that are too long to check when tired.

use super::Finding;
use crate::tree::Tree;

/// Lines of a source file; the aim is 80 to 300.
const FILE_LINES_MAX: usize = 400;

/// Lines of a file of tests.
const TEST_FILE_LINES_MAX: usize = 700;

/// Lines of a function from its signature to its closing brace; the aim is 40.
const FUNCTION_LINES_MAX: usize = 70;

/// Words that may stand before `fn`.
const QUALIFIERS: [&str; 4] = ["async", "const", "unsafe", "extern"];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    tree.ending(".rs").flat_map(|(path, text)| check_file(path, text)).collect()
}

fn check_file(path: &str, text: &str) -> Vec<Finding> {
    let lines: Vec<&str> = text.lines().collect();
    let lines_max = if is_test(path) { TEST_FILE_LINES_MAX } else { FILE_LINES_MAX };
    let mut found = Vec::new();
    if lines.len() > lines_max {
        let message = format!("{} lines; at most {lines_max}: split by responsibility", lines.len());
        found.push(Finding::new("file-length", path, lines_max + 1, message));
    }
    for (start, line) in lines.iter().enumerate().filter(|(_, line)| starts_function(line)) {
        let length = function_length(&lines[start..], line);
        if length > FUNCTION_LINES_MAX {
            let message =
                format!("a function of {length} lines; at most {FUNCTION_LINES_MAX}: give its parts names");
            found.push(Finding::new("function-length", path, start + 1, message));
        }
    }
    found
}

/// Files of tests and benchmarks, which may be longer since they are read a test at a time.
pub(super) fn is_test(path: &str) -> bool {
    path.ends_with("/tests.rs")
        || path.contains("/tests/")
        || path.starts_with("tests/")
        || path.starts_with("benches/")
}

fn starts_function(line: &str) -> bool {
    let mut words = line.split_whitespace().skip_while(|word| {
        QUALIFIERS.contains(word)
            || word.starts_with("pub")
            || word.starts_with('"')
            || *word == "in"
            || word.ends_with(')')
    });
    words.next() == Some("fn")
}

/// Lines up to the closing brace, which the formatter puts under the signature's first letter. A declaration without
/// a body, or one that fits a line, has one line.
fn function_length(lines: &[&str], signature: &str) -> usize {
    let indent = &signature[..signature.len() - signature.trim_start().len()];
    let ends_here = signature.trim_end().ends_with([';', '}']);
    let closing = |line: &&str| line.strip_prefix(indent).is_some_and(|rest| rest == "}");
    let declared = |line: &&str| {
        line.strip_prefix(indent).is_some_and(|rest| rest.starts_with(')') && rest.ends_with(';'))
    };
    if ends_here {
        return 1;
    }
    lines.iter().position(|line| closing(line) || declared(line)).map_or(1, |end| end + 1)
}
