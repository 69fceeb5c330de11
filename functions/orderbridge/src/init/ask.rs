use crate::report::{Failed, note, prompt};
use std::io::{BufRead as _, IsTerminal as _, stdin};

/// Asks on a terminal; elsewhere what is not said is the first choice or the default.
pub(super) struct Asker {
    is_terminal: bool,
}

impl Asker {
    pub(super) fn new() -> Self {
        Self {
            is_terminal: stdin().is_terminal(),
        }
    }

    /// Returns one of these words.
    pub(super) fn choose(
        &mut self,
        question: &str,
        said: Option<&str>,
        words: impl Iterator<Item = &'static str> + Clone,
    ) -> Result<String, Failed> {
        let first = words.clone().next().unwrap_or_default();
        if said.is_some() || !self.is_terminal {
            return Ok(said.unwrap_or(first).to_owned());
        }
        let all: Vec<&str> = words.clone().collect();
        loop {
            let answer = self.ask(&format!("{question} ({})", all.join(", ")), first)?;
            match words.clone().find(|word| *word == answer) {
                Some(word) => return Ok(word.to_owned()),
                None => note(&format!("{answer} is none of {}", all.join(", "))),
            }
        }
    }

    /// Returns a text.
    pub(super) fn text(
        &mut self,
        question: &str,
        said: Option<&str>,
        default: &str,
    ) -> Result<String, Failed> {
        if said.is_some() || !self.is_terminal {
            return Ok(said.unwrap_or(default).to_owned());
        }
        self.ask(question, default)
    }

    /// Returns an address; `None` where none is given.
    pub(super) fn address(
        &mut self,
        question: &str,
        said: Option<&str>,
    ) -> Result<Option<String>, Failed> {
        if said.is_some() || !self.is_terminal {
            return Ok(said.map(str::to_owned));
        }
        loop {
            let answer = self.ask(question, "")?;
            if answer.is_empty() {
                return Ok(None);
            }
            match config::service_address(&answer) {
                Ok(address) => return Ok(Some(address)),
                Err(why) => note(&format!("{answer} is no address that works here: {why}")),
            }
        }
    }

    fn ask(&mut self, question: &str, default: &str) -> Result<String, Failed> {
        let shown = match default {
            "" => String::new(),
            default => format!(" [{default}]"),
        };
        prompt(&format!("{question}{shown}: "));
        let mut answer = String::new();
        let read = stdin().lock().read_line(&mut answer);
        let read =
            read.map_err(|error| Failed::new(format!("no answer could be read: {error}")))?;
        if read == 0 {
            return Err(Failed::new("nothing was written: the answers ended"));
        }
        let answer = answer.trim();
        Ok(if answer.is_empty() { default } else { answer }.to_owned())
    }
}
