use super::Trouble;
use async_trait::async_trait;
use ports::{PortError, Refresh, RefreshLimit, Token, TokenStore, memory::MemoryTokens};
use std::{sync::Arc, time::Duration};

/// The tokens of all machines.
pub(crate) struct SimTokens {
    pub(crate) inner: Arc<MemoryTokens>,
    pub(crate) trouble: Trouble,
}

#[async_trait]
impl TokenStore for SimTokens {
    async fn token(&self, destination: &str) -> Result<Option<Token>, PortError> {
        self.trouble
            .around("tokens: token", self.inner.token(destination))
            .await
    }

    async fn begin_refresh(
        &self,
        destination: &str,
        refused: u64,
        lease: Duration,
        limit: Option<RefreshLimit>,
    ) -> Result<Refresh, PortError> {
        let work = self.inner.begin_refresh(destination, refused, lease, limit);
        self.trouble.around("tokens: begin_refresh", work).await
    }

    async fn finish_refresh(
        &self,
        destination: &str,
        lease: u64,
        token: Option<Token>,
    ) -> Result<Option<Token>, PortError> {
        let work = self.inner.finish_refresh(destination, lease, token);
        self.trouble.around("tokens: finish_refresh", work).await
    }
}
