use super::Trouble;
use async_trait::async_trait;
use ports::{Checkpoint, Checkpoints, PortError, memory::MemoryCheckpoints};

/// The checkpoints of all machines.
pub(crate) struct SimCheckpoints {
    pub(crate) inner: MemoryCheckpoints,
    pub(crate) trouble: Trouble,
}

#[async_trait]
impl Checkpoints for SimCheckpoints {
    async fn checkpoint(&self, name: &str) -> Result<Option<Checkpoint>, PortError> {
        let work = self.inner.checkpoint(name);
        self.trouble.around("checkpoints: read", work).await
    }

    async fn set_checkpoint(&self, name: &str, text: String, read: u64) -> Result<bool, PortError> {
        let work = self.inner.set_checkpoint(name, text, read);
        self.trouble.around("checkpoints: write", work).await
    }
}
