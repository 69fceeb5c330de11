use super::lock;
use crate::{PortError, PrivacyLog, SubjectRequest};
use async_trait::async_trait;
use jiff::Timestamp;
use std::{cmp::Reverse, collections::BTreeMap, sync::Mutex};

/// The operator's list of requests about personal data, in memory.
#[derive(Debug, Default)]
pub struct MemoryPrivacy(Mutex<BTreeMap<String, SubjectRequest>>);

#[async_trait]
impl PrivacyLog for MemoryPrivacy {
    async fn record(&self, request: SubjectRequest) -> Result<(), PortError> {
        let mut requests = lock(&self.0);
        let request = match requests.remove(&request.id) {
            Some(known) => known.and(request),
            None => request,
        };
        requests.insert(request.id.clone(), request);
        Ok(())
    }

    async fn requests(&self) -> Result<Vec<SubjectRequest>, PortError> {
        let mut found: Vec<SubjectRequest> = lock(&self.0).values().cloned().collect();
        found.sort_by_key(|request| Reverse(request.received));
        Ok(found)
    }

    async fn done(&self, id: &str, at: Timestamp) -> Result<bool, PortError> {
        let mut requests = lock(&self.0);
        let Some(request) = requests.get_mut(id) else {
            return Ok(false);
        };
        request.done.get_or_insert(at);
        Ok(true)
    }
}
