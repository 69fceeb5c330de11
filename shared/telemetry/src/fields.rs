use crate::plain::one_line;
use std::{error::Error, fmt};
use tracing::field::{Field, Visit};
use tracing_subscriber::{
    field::RecordFields,
    fmt::{FormatFields, format::Writer},
};

/// The fields of an event for a person: the message, then `name=value`, an error with all its
/// sources, and in none of them anything that a terminal obeys.
pub(crate) struct PlainFields;

impl<'writer> FormatFields<'writer> for PlainFields {
    fn format_fields<R: RecordFields>(&self, writer: Writer<'writer>, fields: R) -> fmt::Result {
        let mut line = Line {
            writer,
            separator: "",
            result: Ok(()),
        };
        fields.record(&mut line);
        line.result
    }
}

struct Line<'writer> {
    writer: Writer<'writer>,
    separator: &'static str,
    result: fmt::Result,
}

impl Line<'_> {
    fn put(&mut self, field: &Field, value: &str) {
        let (separator, value) = (self.separator, one_line(value));
        let written = match field.name() {
            "message" => write!(self.writer, "{separator}{value}"),
            name => write!(self.writer, "{separator}{name}={value}"),
        };
        self.result = self.result.and(written);
        self.separator = " ";
    }
}

impl Visit for Line<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.put(field, &format!("{value:?}"));
    }

    fn record_error(&mut self, field: &Field, error: &(dyn Error + 'static)) {
        let causes = std::iter::successors(Some(error), |error| (*error).source());
        let told: Vec<String> = causes.map(ToString::to_string).collect();
        self.put(field, &told.join(": "));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{
        io,
        sync::{Arc, Mutex},
    };

    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[derive(Debug, thiserror::Error)]
    #[error("delivery failed")]
    struct Failed(#[source] io::Error);

    #[test]
    fn an_event_is_one_line_whatever_its_fields_hold() {
        let kept = Kept::default();
        let writer = kept.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_writer(move || writer.clone())
            .with_ansi(false)
            .without_time()
            .with_target(false)
            .fmt_fields(PlainFields)
            .finish();
        let failed = Failed(io::Error::other("sku \u{202e}\u{1b}]0;x\u{7}"));
        tracing::subscriber::with_default(subscriber, || {
            tracing::warn!(order = "7\n8", note = %"a\nb", error = &failed as &dyn Error, "it says {}", "c\u{9b}d");
        });
        let line = String::from_utf8(kept.0.lock().unwrap().clone()).unwrap();
        let expected = r#" WARN it says c\u{9b}d order="7\n8" note=a\nb error=delivery failed: sku \u{202e}\u{1b}]0;x\u{7}"#;
        assert_eq!(line, format!("{expected}\n"));
    }
}
