use aws_sdk_sqs::error::{ProvideErrorMetadata, SdkError};
use ports::{PortError, TooLarge};

/// The failure of a call to an AWS service, or on the way to it. Its text names the code and what
/// to do; it repeats the service's own text only where that names rights or resources, because
/// other texts repeat what was sent.
#[derive(Debug, thiserror::Error)]
pub enum AwsError {
    /// The service refused the call, after the tries that were worth it.
    #[error("{code}: {}", advice(code))]
    Refused {
        /// The service's code, such as `AccessDeniedException`.
        code: String,
        /// Which right or resource is missing, in the service's words.
        #[source]
        detail: Option<Detail>,
    },
    /// No answer came.
    #[error("{what}; it is tried again")]
    NoAnswer {
        /// The reason, in a few words.
        what: &'static str,
    },
    /// SQS took longer than the shop would have waited.
    #[error("SQS did not take it as long as the shop waits")]
    OutOfTime,
    /// A part of a batch was refused.
    #[error(
        "{failed} of {all} entries of a batch were refused with {code}: {}",
        advice(code)
    )]
    Part {
        /// The number of refused entries.
        failed: usize,
        /// The number of all entries of the batch.
        all: usize,
        /// The service's code for the first refused entry.
        code: String,
    },
    /// No queue is known for a destination.
    #[error(
        "the destination `{destination}` has no queue in this stack; deploy the stack again with the present configuration, so that the queue of its system is made"
    )]
    NoQueue {
        /// Name of the destination.
        destination: String,
    },
    /// A message is too large for any queue.
    #[error(
        "a message (event {event}) is too large for SQS, compressed as it is; have the shop send less with its webhook, or lower the limit of the body"
    )]
    TooLarge {
        /// Identity of the event.
        event: String,
        /// Its size after compression, and the limit.
        #[source]
        source: TooLarge,
    },
    /// A message has its body in a bucket, and this process was created without one.
    #[error(
        "the body of a message is in the stack's bucket, and this process does not know which that is; deploy the stack again, and see its output `Bucket`"
    )]
    NoBucket,
    /// A batch has more large bodies than are read at once; the others come back later.
    #[error("the batch has large bodies enough")]
    EnoughAtOnce,
    /// Stored data is not in the form that this program writes.
    #[error(
        "{what} cannot be read; it was damaged, or written by a newer orderbridge: deploy the newer program"
    )]
    Unreadable {
        /// The item or message.
        what: String,
        /// The decoder's error.
        #[source]
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
    /// Others changed the same item again and again.
    #[error("{what} was changed by others each time it was tried to change it")]
    Contended {
        /// The item.
        what: String,
    },
}

impl AwsError {
    /// Returns whether the same call may succeed soon without anybody mending something.
    pub(crate) fn may_pass(&self) -> bool {
        const LASTING: [&str; 9] = [
            "AccessDenied",
            "NotFound",
            "DoesNotExist",
            "NonExistentQueue",
            "UnrecognizedClient",
            "InvalidClientTokenId",
            "ExpiredToken",
            "Validation",
            "Invalid",
        ];
        match self {
            Self::NoAnswer { .. } | Self::OutOfTime => true,
            Self::Refused { code, .. } | Self::Part { code, .. } => {
                !LASTING.iter().any(|lasting| code.contains(lasting))
            }
            _ => false,
        }
    }
}

/// Returns the AWS error behind an error of a port, if there is one.
pub(crate) fn cause(error: &PortError) -> Option<&AwsError> {
    error.source.downcast_ref()
}

/// A service's own words.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Detail(String);

/// Returns the function that turns an error of the SDK into one of a port.
pub(crate) fn failed<E, R>(operation: &'static str) -> impl Fn(SdkError<E, R>) -> PortError
where
    E: ProvideErrorMetadata,
{
    move |error| PortError::new(operation, from_sdk(&error))
}

fn from_sdk<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> AwsError {
    match error {
        SdkError::ServiceError(refusal) => {
            let code = refusal.err().code().unwrap_or("unknown").to_owned();
            let names_resources = code.contains("AccessDenied")
                || code.contains("NotFound")
                || code.contains("DoesNotExist");
            let detail = refusal.err().message().filter(|_| names_resources);
            AwsError::Refused {
                code,
                detail: detail.map(|text| Detail(text.to_owned())),
            }
        }
        SdkError::TimeoutError(_) => AwsError::NoAnswer {
            what: "AWS did not answer in time",
        },
        SdkError::DispatchFailure(failure) if failure.is_timeout() => AwsError::NoAnswer {
            what: "AWS could not be reached in time",
        },
        SdkError::DispatchFailure(failure) if failure.is_io() => AwsError::NoAnswer {
            what: "the connection to AWS failed",
        },
        SdkError::DispatchFailure(_) => AwsError::NoAnswer {
            what: "AWS could not be called; see that credentials and region are there",
        },
        SdkError::ConstructionFailure(_) => AwsError::NoAnswer {
            what: "the call to AWS could not be made; see that the region is set",
        },
        _ => AwsError::NoAnswer {
            what: "AWS gave an answer that cannot be understood",
        },
    }
}

/// Returns the advice about a code.
fn advice(code: &str) -> &'static str {
    let is = |part: &str| code.contains(part);
    match () {
        () if is("AccessDenied") => {
            "the role may not do this; compare its policy with the one of the template"
        }
        () if is("UnrecognizedClient")
            || is("ExpiredToken")
            || is("InvalidClientTokenId")
            || is("InvalidSignature") =>
        {
            "the credentials are wrong or over; get new ones"
        }
        () if is("ResourceNotFound") || is("QueueDoesNotExist") || is("NonExistentQueue") => {
            "it is not in this account and region; deploy the stack, and see that the names in the environment are its outputs"
        }
        () if is("Throttl")
            || is("ThroughputExceeded")
            || is("RequestLimitExceeded")
            || is("OverLimit") =>
        {
            "the account's limits are reached; it is tried again, and Service Quotas raises them"
        }
        () if is("Validation") || is("InvalidParameter") || is("InvalidMessageContents") => {
            "the request is not one that the service takes; please report this as a defect with the code and the operation"
        }
        () if is("Kms") || is("KMS") || is("Decryption") => {
            "the key may not be used; give the role the right to use it, or enable it"
        }
        () => "it is tried again; the AWS status page tells about outages",
    }
}
