//! What the command line takes and says.

use clap::{CommandFactory, Parser};

use super::{Arguments, Command};

fn parse(line: &str) -> Result<Arguments, clap::Error> {
    Arguments::try_parse_from(line.split(' '))
}

#[test]
fn the_definition_is_consistent() {
    Arguments::command().debug_assert();
}

#[test]
fn the_agent_needs_a_configuration_and_takes_overrides() {
    let parsed =
        parse("weir agent --config a.yaml --data /d --listen 127.0.0.1:0").expect("the line is right");
    let Command::Agent(agent) = parsed.command else { panic!("{parsed:?}") };
    assert_eq!(
        (agent.config.to_str(), agent.data.as_deref().and_then(|data| data.to_str())),
        (Some("a.yaml"), Some("/d"))
    );
    assert_eq!(agent.listen.map(|listen| listen.port()), Some(0));
    assert!(!agent.print);
    assert!(parse("weir agent").is_err());
    assert!(parse("weir agent --config a.yaml --listen localhost").is_err());
}

#[test]
fn validate_takes_files_or_prints_the_schema() {
    let parsed = parse("weir validate a.yaml b.yaml").expect("the line is right");
    let Command::Validate(validate) = parsed.command else { panic!("{parsed:?}") };
    assert_eq!(validate.files.len(), 2);
    assert!(parse("weir validate --schema").is_ok());
    assert!(parse("weir validate").is_err());
}

#[test]
fn help_shows_every_command_and_an_example() {
    let help = Arguments::command().render_help().to_string();
    for part in ["agent", "validate", "weir agent --config weir.yaml"] {
        assert!(help.contains(part), "{part} is not in {help}");
    }
}
