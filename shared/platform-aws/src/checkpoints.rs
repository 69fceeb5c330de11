use crate::{document::Item, key::Key, table::Table};
use async_trait::async_trait;
use ports::{Checkpoint, Checkpoints, PortError};

#[async_trait]
impl Checkpoints for Table {
    async fn checkpoint(&self, name: &str) -> Result<Option<Checkpoint>, PortError> {
        let found = self
            .read::<String>("checkpoints: read", &Key::checkpoint(name))
            .await?;
        Ok(found.map(|document| Checkpoint {
            text: document.value,
            revision: document.revision,
        }))
    }

    async fn set_checkpoint(&self, name: &str, text: String, read: u64) -> Result<bool, PortError> {
        let (operation, key) = ("checkpoints: write", Key::checkpoint(name));
        self.write(operation, &key, &text, read, Item::new()).await
    }
}
