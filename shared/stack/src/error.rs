use aws_sdk_cloudformation::error::{ProvideErrorMetadata, SdkError};

/// The reason why a stack or its secrets could not be reached, and the advice about it.
#[derive(Debug, thiserror::Error)]
pub enum StackError {
    /// No region is set.
    #[error("no AWS region is set; name it with --region, in AWS_REGION, or in the profile")]
    NoRegion,
    /// No credentials were found.
    #[error(
        "no AWS credentials were found; set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; after `aws sso login`: eval \"$(aws configure export-credentials --format env)\""
    )]
    NoCredentials {
        /// The error of the search for them.
        #[source]
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
    /// AWS does not believe the credentials.
    #[error("AWS refuses the credentials ({code}); they are wrong or over: get new ones")]
    BadCredentials {
        /// The service's code.
        code: String,
    },
    /// There is no stack of this name.
    #[error(
        "there is no stack `{name}` in {region} of this account; see the name with `aws cloudformation list-stacks`, and the region"
    )]
    NoStack {
        /// Its name.
        name: String,
        /// The region in which it was looked for.
        region: String,
    },
    /// The stack is somebody else's, or its deployment was not finished.
    #[error(
        "the stack `{name}` ({status}) has no output `Table`: it is not a stack of orderbridge, or its deployment was not finished; name another, or deploy again"
    )]
    NotOurs {
        /// Its name.
        name: String,
        /// Its status in CloudFormation.
        status: String,
    },
    /// The credentials lack a right.
    #[error(
        "these credentials may not do {action}; give their user or role that right for {resource}"
    )]
    Denied {
        /// The missing right, such as `secretsmanager:PutSecretValue`.
        action: &'static str,
        /// The resource that it is needed for.
        resource: String,
    },
    /// Somebody deleted the secret, and AWS keeps it for some days.
    #[error(
        "the secret `{name}` is marked for deletion; bring it back with `aws secretsmanager restore-secret --secret-id {name}`, then try again"
    )]
    Deleted {
        /// Its name.
        name: String,
    },
    /// Something else has written into the secret.
    #[error(
        "the secret `{name}` holds no JSON object of texts; somebody else uses this name: choose another in the configuration, or delete the secret"
    )]
    Foreign {
        /// Its name.
        name: String,
        /// The place where it ceases to be a JSON object of texts.
        #[source]
        source: config::SecretTextError,
    },
    /// AWS refused the call for another reason.
    #[error(
        "{action} on {resource} was refused with {code}; try again, and report it as a defect if it stays"
    )]
    Refused {
        /// The action that was tried.
        action: &'static str,
        /// The resource of the action.
        resource: String,
        /// The service's code.
        code: String,
    },
    /// The request could not be signed.
    #[error(
        "the request {action} cannot be signed; see the credentials, the region and AWS_ENDPOINT_URL"
    )]
    Unsigned {
        /// The action that was tried.
        action: &'static str,
        /// The reason.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// No answer came.
    #[error("AWS did not answer {action}; see the network and the region, then try again")]
    NoAnswer {
        /// The action that was tried.
        action: &'static str,
    },
}

/// Turns an error of the SDK into ours. A service's own text is left out, because some repeat what
/// was sent.
pub(crate) fn refused<E: ProvideErrorMetadata, R>(
    action: &'static str,
    resource: &str,
    error: &SdkError<E, R>,
) -> StackError {
    let Some(refusal) = error.as_service_error() else {
        return StackError::NoAnswer { action };
    };
    refused_with(action, resource, refusal.code().unwrap_or("unknown"))
}

/// Returns the error for a service's code.
pub(crate) fn refused_with(action: &'static str, resource: &str, code: &str) -> StackError {
    let code = code.to_owned();
    let is = |parts: &[&str]| parts.iter().any(|part| code.contains(part));
    if is(&["AccessDenied", "NotAuthorized", "UnauthorizedOperation"]) {
        let resource = resource.to_owned();
        return StackError::Denied { action, resource };
    }
    if is(&[
        "ExpiredToken",
        "InvalidClientTokenId",
        "UnrecognizedClient",
        "SignatureDoesNotMatch",
        "InvalidSignature",
    ]) {
        return StackError::BadCredentials { code };
    }
    StackError::Refused {
        action,
        resource: resource.to_owned(),
        code,
    }
}
