//! Flags over the file.

use std::path::{Path, PathBuf};

use crate::arguments::ProgramArguments;

use super::with_flags;

fn arguments(data: Option<&str>, listen: Option<&str>) -> ProgramArguments {
    ProgramArguments {
        config: PathBuf::from("weir.yaml"),
        data: data.map(PathBuf::from),
        listen: listen.map(|listen| listen.parse().expect("the address is written right")),
        print: false,
    }
}

#[test]
fn a_flag_wins_over_the_file_and_the_config_page_says_so() {
    let text = "spool: {path: /file}\ntelemetry: {listen: '127.0.0.1:1'}\n";
    let loaded = weir_config::parse(text, "weir.yaml").expect("the text is right");
    let changed = with_flags(loaded.clone(), &arguments(Some("/flag"), Some("127.0.0.1:0")));
    assert_eq!(changed.config.spool.path, Path::new("/flag"));
    assert_eq!(changed.config.telemetry.listen.port(), 0);
    assert!(
        changed.rendered.starts_with("# --data /flag takes the place of spool.path\n# --listen 127.0.0.1:0")
    );
    let same = with_flags(loaded.clone(), &arguments(None, None));
    assert_eq!((same.config, same.rendered), (loaded.config, loaded.rendered));
}
