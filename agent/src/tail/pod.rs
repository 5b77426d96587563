//! Whose container wrote a file, as its path says, and what is known of that pod.
//!
//! The kubelet names log files `/var/log/pods/<namespace>_<pod>_<uid>/<container>/<restarts>.log`, and links to them
//! `/var/log/containers/<pod>_<namespace>_<container>-<id>.log`. Neither names of namespaces, pods nor containers have
//! a `_`. See <https://github.com/kubernetes/kubernetes/blob/master/pkg/kubelet/kuberuntime/helpers.go>.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;

use weir_kubernetes::{KnownPod, PodMetadata, Pods};

/// Hexadecimal digits of a container's id in the name of a link.
const CONTAINER_ID_DIGITS: usize = 64;

/// How much is known of a container, besides what the path says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Knowledge {
    /// Nothing.
    None,
    /// Its pod.
    Pod,
    /// All that there will ever be.
    Whole,
}

/// What a path says of the container that wrote the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PodPath<'p> {
    namespace: &'p str,
    pod: &'p str,
    /// Not in the names of links.
    uid: Option<&'p str>,
    container: &'p str,
    restarts: Option<&'p str>,
    container_id: Option<&'p str>,
}

impl<'p> PodPath<'p> {
    /// `None` for any other path.
    pub(crate) fn of(path: &'p Path) -> Option<Self> {
        let file = path.file_name()?.to_str()?;
        let folder = path.parent()?;
        Self::of_file(folder, file).or_else(|| Self::of_link(folder, file))
    }

    fn of_file(folder: &'p Path, file: &'p str) -> Option<Self> {
        let container = folder.file_name()?.to_str()?;
        let mut parts = folder.parent()?.file_name()?.to_str()?.split('_');
        let (namespace, pod, uid) = (parts.next()?, parts.next()?, parts.next()?);
        let (restarts, _) = file.split_once(".log")?;
        let is_number = !restarts.is_empty() && restarts.bytes().all(|byte| byte.is_ascii_digit());
        let is_one = parts.next().is_none() && is_number && !container.contains('_');
        is_one.then_some(Self {
            namespace,
            pod,
            uid: Some(uid),
            container,
            restarts: Some(restarts),
            container_id: None,
        })
    }

    fn of_link(folder: &Path, file: &'p str) -> Option<Self> {
        let mut parts = file.strip_suffix(".log")?.split('_');
        let (pod, namespace, rest) = (parts.next()?, parts.next()?, parts.next()?);
        let (container, id) = rest.rsplit_once('-')?;
        let is_one =
            folder.ends_with("containers") && parts.next().is_none() && id.len() == CONTAINER_ID_DIGITS;
        is_one.then_some(Self {
            namespace,
            pod,
            uid: None,
            container,
            restarts: None,
            container_id: Some(id),
        })
    }

    /// The pod, once it is known.
    pub(crate) fn find(&self, pods: &Pods) -> Option<KnownPod> {
        match (self.uid, self.container_id) {
            (Some(uid), _) => pods.by_uid(self.namespace, self.pod, uid),
            (None, Some(id)) => pods.by_container_id(self.namespace, self.pod, id),
            (None, None) => None,
        }
    }

    /// Whether the pod is the one whose container wrote the file. A link does not name it: until the container's id is
    /// known, it may be a predecessor of that name.
    pub(crate) fn is_of(&self, pod: &KnownPod) -> bool {
        self.container_id.is_none_or(|id| pod.metadata.had_container(id))
    }

    /// How much is known. The status of the container's run comes last, and with it the pod's address.
    pub(crate) fn knowledge(&self, pod: Option<&KnownPod>) -> Knowledge {
        let Some(pod) = pod else { return Knowledge::None };
        let ids = pod.metadata.containers.get(self.container).map(|container| &container.ids);
        let is_told = ids.is_some_and(|ids| match (self.container_id, self.restarts()) {
            (Some(id), _) => ids.values().any(|own| own == id),
            (None, Some(restarts)) => ids.keys().any(|&told| told >= restarts),
            (None, None) => false,
        });
        if is_told || pod.is_gone { Knowledge::Whole } else { Knowledge::Pod }
    }

    fn restarts(&self) -> Option<u32> {
        self.restarts?.parse().ok()
    }

    /// Attributes of the container's records: what the path says, and what is known of the pod.
    pub(crate) fn attributes<'a>(&'a self, pod: Option<&'a PodMetadata>) -> BTreeMap<&'a str, Cow<'a, str>> {
        let container = pod.and_then(|pod| pod.containers.get(self.container));
        let id_by_restarts = container
            .zip(self.restarts())
            .and_then(|(container, restarts)| container.ids.get(&restarts).map(String::as_str));
        let by_path = [
            ("k8s.namespace.name", Some(self.namespace)),
            ("k8s.pod.name", Some(self.pod)),
            ("k8s.pod.uid", self.uid),
            ("k8s.container.name", Some(self.container)),
            ("k8s.container.restart_count", self.restarts),
            ("container.id", self.container_id.or(id_by_restarts)),
        ];
        let mut attributes: BTreeMap<&str, Cow<'_, str>> =
            by_path.into_iter().filter_map(|(key, value)| Some((key, Cow::Borrowed(value?)))).collect();
        let Some(pod) = pod else { return attributes };
        let of_container = container.into_iter().flat_map(|container| &container.attributes);
        for (key, value) in pod.attributes.iter().chain(of_container) {
            attributes.insert(key, Cow::Borrowed(value));
        }
        let instance = format!("{}.{}.{}", self.namespace, self.pod, self.container);
        attributes.entry("service.instance.id").or_insert(Cow::Owned(instance));
        attributes
    }
}

#[cfg(test)]
mod tests;
