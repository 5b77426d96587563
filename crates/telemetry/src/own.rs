//! Weir's own traces and logs on their way into its own pipeline.
//!
//! OpenTelemetry's batch processors call the exporter here, which encodes a request and waits until the pipeline takes
//! it. While it waits, the processors' bounded queues fill; what no longer fits there was never received, and is not in
//! the ledger.

use std::time::Duration;

use bytes::Bytes;
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::transform::common::tonic::ResourceAttributesWithSchema;
use opentelemetry_proto::transform::logs::tonic::group_logs_by_resource_and_scope;
use opentelemetry_proto::transform::trace::tonic::group_spans_by_resource_and_scope;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::logs::{LogBatch, LogExporter};
use opentelemetry_sdk::trace::{SpanData, SpanExporter};
use prost::Message;
use tokio::sync::mpsc;

/// Requests that wait for the pipeline.
const REQUESTS_MAX: usize = 4;

/// An encoded OTLP request of weir's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OwnRequest {
    /// An `ExportTraceServiceRequest`.
    Traces(Bytes),
    /// An `ExportLogsServiceRequest`.
    Logs(Bytes),
}

/// The end that the subscriber writes to.
#[derive(Clone, Debug)]
pub struct OwnSender {
    requests: mpsc::Sender<OwnRequest>,
    resource: Resource,
}

/// A way from the subscriber into the pipeline.
pub fn own_channel() -> (OwnSender, mpsc::Receiver<OwnRequest>) {
    let (requests, receiver) = mpsc::channel(REQUESTS_MAX);
    (OwnSender { requests, resource: Resource::builder_empty().build() }, receiver)
}

impl OwnSender {
    fn resource(&self) -> ResourceAttributesWithSchema {
        (&self.resource).into()
    }

    async fn send(&self, request: OwnRequest) -> OTelSdkResult {
        let closed = |_| OTelSdkError::InternalFailure("the pipeline has ended".to_owned());
        self.requests.send(request).await.map_err(closed)
    }
}

impl SpanExporter for OwnSender {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let resource_spans = group_spans_by_resource_and_scope(batch, &self.resource());
        let request = ExportTraceServiceRequest { resource_spans };
        self.send(OwnRequest::Traces(request.encode_to_vec().into())).await
    }

    fn shutdown_with_timeout(&self, _timeout: Duration) -> OTelSdkResult {
        Ok(())
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.resource.clone_from(resource);
    }
}

impl LogExporter for OwnSender {
    async fn export(&self, batch: LogBatch<'_>) -> OTelSdkResult {
        let resource_logs = group_logs_by_resource_and_scope(&batch, &self.resource());
        let request = ExportLogsServiceRequest { resource_logs };
        self.send(OwnRequest::Logs(request.encode_to_vec().into())).await
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.resource.clone_from(resource);
    }
}
