use crate::error::failed;
use aws_config::SdkConfig;
use aws_sdk_s3::{
    Client, config::Builder, operation::get_object::GetObjectError, primitives::ByteStream,
};
use ports::PortError;

/// The bucket for what SQS does not take: bodies that are too large for a message, and messages
/// that arrive while SQS does not answer. Cheap to clone.
#[derive(Clone)]
pub struct Bodies {
    client: Client,
    bucket: String,
}

/// The object of a name, if there is one.
pub(crate) enum Found {
    Bytes(Vec<u8>),
    Nothing,
}

impl Bodies {
    /// Creates the client of the bucket of this name. Makes no call.
    #[must_use]
    pub fn new(config: &SdkConfig, bucket: impl Into<String>) -> Self {
        // An emulator has one address for all buckets.
        let config = Builder::from(config)
            .force_path_style(config.endpoint_url().is_some())
            .build();
        Self {
            client: Client::from_conf(config),
            bucket: bucket.into(),
        }
    }

    pub(crate) async fn put(
        &self,
        operation: &'static str,
        key: &str,
        bytes: Vec<u8>,
    ) -> Result<(), PortError> {
        let call = self
            .client
            .put_object()
            .bucket(&self.bucket)
            .key(key)
            .body(ByteStream::from(bytes));
        call.send().await.map(drop).map_err(failed(operation))
    }

    pub(crate) async fn get(&self, operation: &'static str, key: &str) -> Result<Found, PortError> {
        let call = self.client.get_object().bucket(&self.bucket).key(key);
        let answer = match call.send().await {
            Ok(answer) => answer,
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(GetObjectError::is_no_such_key) =>
            {
                return Ok(Found::Nothing);
            }
            Err(error) => return Err(failed(operation)(error)),
        };
        let bytes = answer
            .body
            .collect()
            .await
            .map_err(|error| PortError::new(operation, error))?;
        Ok(Found::Bytes(bytes.to_vec()))
    }

    /// Deletes an object. Deleting it again changes nothing.
    pub(crate) async fn delete(&self, operation: &'static str, key: &str) -> Result<(), PortError> {
        let call = self.client.delete_object().bucket(&self.bucket).key(key);
        call.send().await.map(drop).map_err(failed(operation))
    }

    /// Returns the first thousand names that begin with `prefix`, in their order.
    pub(crate) async fn names(
        &self,
        operation: &'static str,
        prefix: &str,
    ) -> Result<Vec<String>, PortError> {
        let call = self
            .client
            .list_objects_v2()
            .bucket(&self.bucket)
            .prefix(prefix);
        let answer = call.send().await.map_err(failed(operation))?;
        Ok(answer
            .contents
            .unwrap_or_default()
            .into_iter()
            .filter_map(|object| object.key)
            .collect())
    }
}
