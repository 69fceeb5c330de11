use super::Trouble;
use crate::sabotage::Sabotage;
use async_trait::async_trait;
use ports::{Checkpoint, Checkpoints, PortError, memory::MemoryCheckpoints};
use serde_json::Value;

/// The checkpoints of all machines.
pub(crate) struct SimCheckpoints {
    pub(crate) inner: MemoryCheckpoints,
    pub(crate) trouble: Trouble,
    pub(crate) sabotage: Option<Sabotage>,
}

#[async_trait]
impl Checkpoints for SimCheckpoints {
    async fn checkpoint(&self, name: &str) -> Result<Option<Checkpoint>, PortError> {
        let work = self.inner.checkpoint(name);
        self.trouble.around("checkpoints: read", work).await
    }

    async fn set_checkpoint(&self, name: &str, text: String, read: u64) -> Result<bool, PortError> {
        let text = match self.sabotage {
            Some(Sabotage::NotesWindowsFirst) => without_the_rest(&text).unwrap_or(text),
            _ => text,
        };
        let work = self.inner.set_checkpoint(name, text, read);
        self.trouble.around("checkpoints: write", work).await
    }
}

/// The same place, as if the window that is begun were compared to its end.
fn without_the_rest(text: &str) -> Option<String> {
    let mut place: Value = serde_json::from_str(text).ok()?;
    let until = place.pointer("/unfinished/window/until")?.clone();
    let fields = place.as_object_mut()?;
    fields.insert("compared_until".to_owned(), until);
    fields.insert("unfinished".to_owned(), Value::Null);
    Some(place.to_string())
}
