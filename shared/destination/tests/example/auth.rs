use crate::{client::HOST, error};
use async_trait::async_trait;
use destination::{Call, Credentials, Failure, Http, Login, NewToken};
use reqwest::Method;

/// The login, which changes the key of the secret for a bearer token.
pub(crate) struct TinyLogin {
    pub(crate) http: Http,
    pub(crate) credentials: Credentials,
}

#[async_trait]
impl Login for TinyLogin {
    async fn login(&self, call: &Call) -> Result<NewToken, Failure> {
        let secret = self.credentials.read().await?;
        let key = self.credentials.part(&secret, "key", None)?;
        let url = format!("{HOST}/token");
        let request = self.http.request(Method::POST, &url).form(&[("key", key)]);
        let answer = self.http.send(call, "token", request).await?;
        let body = answer.json().unwrap_or_default();
        match body["access_token"].as_str() {
            Some(value) if answer.status == 200 => Ok(NewToken {
                value: value.to_owned(),
                base_url: HOST.to_owned(),
                expires: None,
            }),
            // `Access` takes what another try cannot mend for refused credentials.
            _ => Err(error::of_answer("token", &answer)),
        }
    }
}
