use crate::{
    Problem,
    section::Section,
    suggest::{did_you_mean, listed},
};
use std::{ops::RangeInclusive, time::Duration};
use toml::{Spanned, de::DeValue};

/// Typed values of a table.
impl<'a> Section<'a> {
    /// Returns a text that has to exist and must not be empty.
    pub(crate) fn text(&self, name: &str) -> Result<&'a str, Problem> {
        self.optional_text(name)?.ok_or_else(|| {
            let fix = self.example(name);
            self.problem_here(format!("missing key `{name}` in {}; add {fix}", self.place))
        })
    }

    /// Returns a text that may be left away but must not be empty.
    pub(crate) fn optional_text(&self, name: &str) -> Result<Option<&'a str>, Problem> {
        let Some(value) = self.value(name) else {
            return Ok(None);
        };
        match value.get_ref().as_str() {
            Some(text) if !text.trim().is_empty() => Ok(Some(text)),
            Some(_) => Err(self.problem(
                value,
                format!(
                    "`{name}` in {} is empty; write {}",
                    self.place,
                    self.example(name)
                ),
            )),
            None => Err(self.wrong_type(name, value, "a text in quotes")),
        }
    }

    /// Returns a list of texts that are not empty, each with its place for a problem; `None` if it
    /// does not exist.
    pub(crate) fn optional_texts(
        &self,
        name: &str,
    ) -> Result<Option<Vec<Spanned<&'a str>>>, Problem> {
        let Some(value) = self.value(name) else {
            return Ok(None);
        };
        let items = value
            .get_ref()
            .as_array()
            .ok_or_else(|| self.wrong_type(name, value, "a list of texts"))?;
        let text = |item: &'a Spanned<DeValue<'a>>| match item.get_ref().as_str() {
            Some(text) if !text.trim().is_empty() => Ok(Spanned::new(item.span(), text)),
            _ => Err(self.problem(
                item,
                format!(
                    "`{name}` in {} must hold texts; write {}",
                    self.place,
                    self.example(name)
                ),
            )),
        };
        items
            .iter()
            .map(text)
            .collect::<Result<Vec<_>, _>>()
            .map(Some)
    }

    /// Returns one of a few words.
    pub(crate) fn choice<T: Copy>(
        &self,
        name: &str,
        all: &[T],
        word: impl Fn(T) -> &'static str,
    ) -> Result<T, Problem> {
        let text = self.text(name)?;
        let words = || all.iter().map(|choice| word(*choice));
        all.iter()
            .copied()
            .find(|choice| word(*choice) == text)
            .ok_or_else(|| {
                let near = did_you_mean(text, words());
                let message = format!(
                    "`{name} = \"{text}\"` in {} is not known; write one of {}{near}",
                    self.place,
                    listed(words())
                );
                self.problem_at(name, message)
            })
    }

    /// Returns a whole number in a range; `default` if it does not exist.
    pub(crate) fn number(
        &self,
        name: &str,
        default: u32,
        range: RangeInclusive<u32>,
    ) -> Result<u32, Problem> {
        let Some(value) = self.value(name) else {
            return Ok(default);
        };
        let integer = value
            .get_ref()
            .as_integer()
            .ok_or_else(|| self.wrong_type(name, value, "a whole number without quotes"))?;
        let number = u32::from_str_radix(integer.as_str(), integer.radix())
            .ok()
            .filter(|number| range.contains(number));
        number.ok_or_else(|| {
            let place = &self.place;
            self.problem(
                value,
                format!(
                    "`{name} = {integer}` in {place} is out of range; write {} to {}",
                    range.start(),
                    range.end()
                ),
            )
        })
    }

    /// Returns a duration in a range; `default` if it does not exist.
    pub(crate) fn duration(
        &self,
        name: &str,
        default: Duration,
        range: RangeInclusive<Duration>,
    ) -> Result<Duration, Problem> {
        let Some(value) = self.value(name) else {
            return Ok(default);
        };
        let text = value
            .get_ref()
            .as_str()
            .ok_or_else(|| self.wrong_type(name, value, "a duration in quotes, with its unit"))?;
        let place = &self.place;
        let duration = humantime::parse_duration(text).map_err(|error| {
            self.problem(
                value,
                format!(
                    "`{name} = \"{text}\"` in {place} is not a duration: {error}; write {}",
                    self.example(name)
                ),
            )
        })?;
        if range.contains(&duration) {
            return Ok(duration);
        }
        let (least, most) = (
            humantime::format_duration(*range.start()),
            humantime::format_duration(*range.end()),
        );
        Err(self.problem(
            value,
            format!("`{name} = \"{text}\"` in {place} is out of range; write {least} to {most}"),
        ))
    }

    fn wrong_type(&self, name: &str, value: &Spanned<DeValue<'_>>, wanted: &str) -> Problem {
        let (place, found, fix) = (&self.place, value.get_ref().type_str(), self.example(name));
        self.problem(
            value,
            format!("`{name}` in {place} must be {wanted}, not a TOML {found}; write {fix}"),
        )
    }
}
