/// The name of a received message: enough to settle it without a look-up. In its text, the parts
/// are separated by spaces, which none of them has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Receipt {
    /// SQS's id of the message, the same at each receipt. It becomes the id of a dead letter.
    pub(crate) message: String,
    /// SQS's handle of this very receipt.
    pub(crate) handle: String,
    /// URL of the queue.
    pub(crate) queue: String,
}

impl Receipt {
    pub(crate) fn text(&self) -> String {
        format!("{} {} {}", self.message, self.handle, self.queue)
    }

    /// Reads a receipt; `None` where the text is not a receipt of this adapter.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(3, ' ').map(str::to_owned);
        let receipt = Self {
            message: parts.next()?,
            handle: parts.next()?,
            queue: parts.next()?,
        };
        let complete =
            !receipt.message.is_empty() && !receipt.handle.is_empty() && !receipt.queue.is_empty();
        complete.then_some(receipt)
    }
}

#[cfg(test)]
mod tests {
    use super::Receipt;

    #[test]
    fn a_receipt_comes_back() {
        let receipt = Receipt {
            message: "5fea7756-0ea4-451a-a703-a558b933e274".to_owned(),
            handle: "AQEB/+=".to_owned(),
            queue: "https://sqs.eu-central-1.amazonaws.com/000000000000/salesforce.fifo".to_owned(),
        };
        assert_eq!(Receipt::parse(&receipt.text()), Some(receipt));
    }

    #[test]
    fn other_texts_are_none() {
        for text in ["", " ", "  ", "a b", "a  c", "no such"] {
            assert_eq!(Receipt::parse(text), None, "{text:?}");
        }
    }
}
