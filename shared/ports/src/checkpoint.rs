use crate::PortError;
use async_trait::async_trait;

/// The place from which long work goes on, as the work itself writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// The text, without personal data.
    pub text: String,
    /// The number of times that it was written.
    pub revision: u64,
}

/// Small documents by name, shared by all processes: whoever goes on with long work finds its place
/// there, and who has it in hand.
#[async_trait]
pub trait Checkpoints: Send + Sync {
    /// Reads the checkpoint of this name; `None` where nobody wrote one.
    ///
    /// # Errors
    /// Fails where the store cannot be read.
    async fn checkpoint(&self, name: &str) -> Result<Option<Checkpoint>, PortError>;

    /// Writes a checkpoint if it was written `read` times so far (0: never). Returns false where
    /// somebody else wrote it meanwhile; then nothing changed.
    ///
    /// # Errors
    /// Fails where the store cannot be written.
    async fn set_checkpoint(&self, name: &str, text: String, read: u64) -> Result<bool, PortError>;
}
