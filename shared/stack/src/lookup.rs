use crate::{StackError, error::refused};
use aws_sdk_cloudformation::{
    Client,
    error::{ProvideErrorMetadata, SdkError},
    operation::describe_stacks::DescribeStacksError,
};
use config::System;
use platform_aws::{QueueUrls, Queues, SdkConfig};
use std::collections::BTreeMap;

const ACTION: &str = "cloudformation:DescribeStacks";

/// The outputs and parameters of a deployed stack.
#[derive(Clone, Debug)]
pub struct Stack {
    table: String,
    outputs: BTreeMap<String, String>,
    parameters: BTreeMap<String, String>,
}

impl Stack {
    /// Finds the stack of this name.
    ///
    /// # Errors
    /// When there is none, when it is not one of orderbridge, or when AWS does not answer.
    pub async fn find(config: &SdkConfig, name: &str) -> Result<Self, StackError> {
        let call = Client::new(config).describe_stacks().stack_name(name);
        let answer = call
            .send()
            .await
            .map_err(|error| not_found(config, name, &error))?;
        let stack = answer
            .stacks()
            .first()
            .ok_or_else(|| no_stack(config, name))?;
        let output = |output: &aws_sdk_cloudformation::types::Output| {
            Some((output.output_key.clone()?, output.output_value.clone()?))
        };
        let outputs: BTreeMap<String, String> = stack.outputs().iter().filter_map(output).collect();
        let table = outputs
            .get("Table")
            .cloned()
            .ok_or_else(|| StackError::NotOurs {
                name: name.to_owned(),
                status: stack
                    .stack_status()
                    .map_or_else(|| "no status".to_owned(), ToString::to_string),
            })?;
        let parameter = |parameter: &aws_sdk_cloudformation::types::Parameter| {
            Some((
                parameter.parameter_key.clone()?,
                parameter.parameter_value.clone()?,
            ))
        };
        let parameters = stack.parameters().iter().filter_map(parameter).collect();
        Ok(Self {
            table,
            outputs,
            parameters,
        })
    }

    /// Returns the name of the DynamoDB table.
    #[must_use]
    pub fn table(&self) -> &str {
        &self.table
    }

    /// Returns the name of the bucket for bodies that are too large for a queue; stacks of earlier
    /// programs have none.
    #[must_use]
    pub fn bucket(&self) -> Option<&str> {
        self.outputs
            .get("Bucket")
            .map(String::as_str)
            .filter(|name| !name.is_empty())
    }

    /// Returns whether orders for this system have a queue here.
    #[must_use]
    pub fn has_queue(&self, system: System) -> bool {
        self.queue_urls(system).is_some()
    }

    /// Returns the queues of all systems in use, each under its system's word: operations on dead
    /// letters go by queue and need no destination.
    #[must_use]
    pub fn queues(&self) -> Queues {
        let queues = System::ALL
            .iter()
            .filter_map(|system| Some((system.as_str().to_owned(), self.queue_urls(*system)?)));
        Queues::new(queues.collect())
    }

    /// Returns how many functions deliver at the same time at most, to all systems in use together.
    #[must_use]
    pub fn delivering(&self) -> u32 {
        let in_use = System::ALL.iter().filter(|system| self.has_queue(**system));
        in_use
            .map(|system| self.number(&format!("{}Concurrency", title(*system))))
            .sum()
    }

    /// Returns how many functions that receive webhooks may always run; 0 where the account's other
    /// functions may take all.
    #[must_use]
    pub fn reserved_for_webhooks(&self) -> u32 {
        self.number("IngestReserved")
    }

    fn number(&self, parameter: &str) -> u32 {
        self.parameters
            .get(parameter)
            .and_then(|text| text.parse().ok())
            .unwrap_or(0)
    }

    /// Returns the address to which a store's webhooks go.
    #[must_use]
    pub fn webhook_url(&self, store: &str) -> Option<String> {
        let base = self.outputs.get("WebhookUrl")?;
        Some(format!("{}/{store}", base.trim_end_matches('/')))
    }

    fn queue_urls(&self, system: System) -> Option<QueueUrls> {
        let url = |what: &str| {
            self.outputs
                .get(&format!("{}{what}", title(system)))
                .filter(|url| !url.is_empty())
                .cloned()
        };
        Some(QueueUrls {
            queue: url("QueueUrl")?,
            dead_letters: url("DeadLetterQueueUrl")?,
        })
    }
}

/// Returns the prefix of the names of a system's outputs, such as `Salesforce`.
fn title(system: System) -> String {
    let mut letters = system.as_str().chars();
    letters
        .next()
        .map(|first| first.to_ascii_uppercase())
        .into_iter()
        .chain(letters)
        .collect()
}

/// Returns the error of a failed look-up. CloudFormation calls an unknown name a mistake in the
/// request.
fn not_found<R>(
    config: &SdkConfig,
    name: &str,
    error: &SdkError<DescribeStacksError, R>,
) -> StackError {
    match error
        .as_service_error()
        .and_then(ProvideErrorMetadata::code)
    {
        Some("ValidationError") => no_stack(config, name),
        _ => refused(ACTION, &format!("the stack `{name}`"), error),
    }
}

fn no_stack(config: &SdkConfig, name: &str) -> StackError {
    StackError::NoStack {
        name: name.to_owned(),
        region: config
            .region()
            .map_or_else(|| "no region".to_owned(), ToString::to_string),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_outputs_of_a_system_are_named_as_the_template_names_them() {
        let titles: Vec<String> = System::ALL.iter().map(|system| title(*system)).collect();
        assert_eq!(titles, ["Salesforce", "Zoho", "Netsuite"]);
    }

    #[test]
    fn a_system_without_both_queues_is_not_in_use() {
        let output = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        let stack = Stack {
            table: "orders".to_owned(),
            outputs: BTreeMap::from([
                output("ZohoQueueUrl", "https://sqs.example.com/zoho.fifo"),
                output(
                    "ZohoDeadLetterQueueUrl",
                    "https://sqs.example.com/zoho-dead.fifo",
                ),
                output(
                    "SalesforceQueueUrl",
                    "https://sqs.example.com/salesforce.fifo",
                ),
                output("WebhookUrl", "https://api.example.com/webhooks/"),
            ]),
            parameters: BTreeMap::from([
                output("SalesforceConcurrency", "4"),
                output("ZohoConcurrency", "2"),
                output("IngestReserved", "5"),
            ]),
        };
        let in_use: Vec<&System> = System::ALL
            .iter()
            .filter(|system| stack.has_queue(**system))
            .collect();
        assert_eq!(in_use, [&System::Zoho]);
        assert_eq!((stack.delivering(), stack.reserved_for_webhooks()), (2, 5));
        assert_eq!(
            stack.webhook_url("acme").as_deref(),
            Some("https://api.example.com/webhooks/acme")
        );
    }
}
