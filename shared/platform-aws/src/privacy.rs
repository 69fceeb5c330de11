use crate::{
    document::Document,
    key::{Key, PRIVACY},
    table::Table,
};
use async_trait::async_trait;
use jiff::Timestamp;
use ports::{PortError, PrivacyLog, SubjectRequest};

#[async_trait]
impl PrivacyLog for Table {
    async fn record(&self, request: SubjectRequest) -> Result<(), PortError> {
        let change = |present: Option<SubjectRequest>| {
            let both = match present {
                Some(present) => present.and(request.clone()),
                None => request.clone(),
            };
            (Some(both), ())
        };
        self.update("privacy: record", &Key::request(&request.id), change)
            .await
    }

    async fn requests(&self) -> Result<Vec<SubjectRequest>, PortError> {
        let operation = "privacy: list";
        let items = self.partition(operation, PRIVACY, "").await?;
        let read =
            |item| Document::<SubjectRequest>::of(operation, item).map(|document| document.value);
        let mut all = items.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        all.sort_by(|one, other| (other.received, &other.id).cmp(&(one.received, &one.id)));
        Ok(all)
    }

    async fn done(&self, id: &str, at: Timestamp) -> Result<bool, PortError> {
        let change = |present: Option<SubjectRequest>| match present {
            None => (None, false),
            Some(request) if request.done.is_some() => (None, true),
            Some(request) => (
                Some(SubjectRequest {
                    done: Some(at),
                    ..request
                }),
                true,
            ),
        };
        self.update("privacy: done", &Key::request(id), change)
            .await
    }
}
