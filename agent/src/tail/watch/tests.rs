//! Notifications of a real file system.

use std::collections::HashSet;
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

use tokio::time::timeout;

use super::{Event, Events, Watcher, open};
use crate::tail::table::SlotId;

async fn next(events: &mut Events, watcher: &Watcher) -> Vec<Event> {
    let next = timeout(Duration::from_secs(30), events.next(watcher)).await;
    next.expect("in time").expect("readable")
}

#[tokio::test]
async fn names_that_come_change_and_go_are_told() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let (watcher, mut events) = open().expect("notifications");
    watcher.watch_dir(dir.path()).expect("watched");
    let path = |name: &str| -> PathBuf { dir.path().join(name) };
    File::create(path("a")).expect("create");
    fs::rename(path("a"), path("b")).expect("rename");
    fs::remove_file(path("b")).expect("remove");
    fs::create_dir(path("c")).expect("create");
    let told = next(&mut events, &watcher).await;
    let Event::MovedFrom { cookie, .. } = told[1] else { panic!("{told:?}") };
    let expected = [
        Event::Appeared { path: path("a"), is_dir: false },
        Event::MovedFrom { path: path("a"), is_dir: false, cookie },
        Event::MovedTo { path: path("b"), is_dir: false, cookie },
        Event::Gone { path: path("b"), is_dir: false },
        Event::Appeared { path: path("c"), is_dir: true },
    ];
    assert_eq!(told, expected);
}

#[tokio::test]
async fn a_file_is_told_of_once_per_arming_even_without_a_name() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let (watcher, mut events) = open().expect("notifications");
    watcher.watch_dir(dir.path()).expect("watched");
    let path = dir.path().join("a");
    let mut file = OpenOptions::new().create(true).append(true).open(&path).expect("create");
    fs::remove_file(&path).expect("remove");
    next(&mut events, &watcher).await;
    watcher.arm(&file, SlotId(7)).expect("armed");
    for _ in 0..3 {
        file.write_all(b"x").expect("write");
    }
    // The folder's event comes after all of the file's.
    File::create(dir.path().join("b")).expect("create");
    let told = next(&mut events, &watcher).await;
    assert_eq!(told.iter().filter(|event| **event == Event::Modified(SlotId(7))).count(), 1);
    assert_eq!(told.len(), 2);
    assert!(watcher.watched.lock().armed.is_empty());
    watcher.arm(&file, SlotId(7)).expect("armed");
    file.set_len(0).expect("truncate");
    assert_eq!(next(&mut events, &watcher).await, [Event::Modified(SlotId(7))]);
}

#[tokio::test]
async fn a_disarmed_file_and_a_folder_of_no_interest_are_not_told_of() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let (watcher, mut events) = open().expect("notifications");
    fs::create_dir(dir.path().join("left")).expect("create");
    watcher.watch_dir(&dir.path().join("left")).expect("watched");
    watcher.watch_dir(dir.path()).expect("watched");
    watcher.retain_dirs(&HashSet::from([dir.path().to_owned()]));
    File::create(dir.path().join("left/a")).expect("create");
    let mut file = File::create(dir.path().join("b")).expect("create");
    watcher.arm(&file, SlotId(1)).expect("armed");
    watcher.disarm(SlotId(1));
    file.write_all(b"x").expect("write");
    let told = next(&mut events, &watcher).await;
    assert_eq!(told, [Event::Appeared { path: dir.path().join("b"), is_dir: false }]);
    assert_eq!(watcher.watched.lock().targets.len(), 1);
}
