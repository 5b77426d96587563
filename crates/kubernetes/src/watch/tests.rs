//! Answers that the real API server gives only when its store was compacted at the right moment.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use http::{Request, Response};
use kube::client::Body;
use kube::runtime::watcher::Config;
use kube::{Api, Client};
use parking_lot::Mutex;
use prometheus::Registry;
use serde_json::{Value, json};
use tokio::time::timeout;
use tower::service_fn;

use super::{Context, follow};
use crate::metrics::KubernetesMetrics;
use crate::objects::Node;
use crate::store::Store;

fn list(name: &str, more: &str) -> (u16, Value) {
    let node = json!({"metadata": {"name": name, "resourceVersion": "1"}});
    (200, json!({"metadata": {"resourceVersion": "1", "continue": more}, "items": [node]}))
}

fn gone() -> (u16, Value) {
    (
        410,
        json!({"kind": "Status", "status": "Failure", "code": 410, "reason": "Expired", "message": "too old"}),
    )
}

/// A client whose requests get these answers, and after them none.
fn client(answers: impl IntoIterator<Item = (u16, Value)>) -> Client {
    let answers = Arc::new(Mutex::new(answers.into_iter().collect::<VecDeque<_>>()));
    let service = service_fn(move |_: Request<Body>| {
        let next = answers.lock().pop_front();
        async move {
            let Some((status, body)) = next else { return std::future::pending().await };
            let body = Body::from(body.to_string().into_bytes());
            Response::builder().status(status).body(body)
        }
    });
    Client::new(service, "default")
}

/// The names of the nodes that are known in the end, and the failures that were counted.
async fn known_after(answers: impl IntoIterator<Item = (u16, Value)>, until: &str) -> (Vec<String>, u64) {
    let metrics = KubernetesMetrics::register(&Registry::new()).expect("metrics");
    let context = Context { metrics: metrics.clone(), node: None, changed: Arc::default() };
    let (store, changed) = (Store::<Node>::default(), Arc::clone(&context.changed));
    store.expect_list();
    let names = || store.objects().keys().map(|(_, name)| name.clone()).collect::<Vec<_>>();
    let watch = follow(Api::all(client(answers)), None, Config::default(), store.clone(), context);
    let found = async {
        while names() != [until] {
            changed.notified().await;
        }
    };
    tokio::select! {
        () = watch => {}
        done = timeout(Duration::from_secs(60), found) => done.expect("in time"),
    }
    (names(), metrics.failures.with_label_values(&["nodes"]).get())
}

#[tokio::test(start_paused = true)]
async fn what_is_gone_when_a_watch_begins_is_listed_anew() {
    let (names, failures) = known_after([list("old", ""), gone(), list("new", "")], "new").await;
    assert_eq!((names, failures), (vec!["new".to_owned()], 0));
}

#[tokio::test(start_paused = true)]
async fn a_list_whose_next_page_is_gone_begins_anew() {
    let (names, failures) = known_after([list("old", "page-2"), gone(), list("new", "")], "new").await;
    assert_eq!((names, failures), (vec!["new".to_owned()], 0));
}
