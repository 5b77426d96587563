//! Names of cursor files.

use proptest::prelude::proptest;

use super::{exporter_of, file_name};

proptest! {
    #[test]
    fn every_exporter_has_a_file_name_that_leads_back_to_it(exporter in ".{1,20}") {
        let name = file_name(&exporter);
        assert!(!name.contains(['/', '.', '\0']));
        assert_eq!(exporter_of(&name).as_deref(), Some(exporter.as_str()));
        assert_eq!(exporter_of(&format!("{name}.recent")).as_deref(), Some(exporter.as_str()));
    }
}

#[test]
fn temporary_files_are_no_cursors() {
    assert_eq!(exporter_of("jaeger.tmp"), None);
    assert_eq!(exporter_of("jaeger%2"), None);
    assert_eq!(exporter_of(".recent"), None);
}
