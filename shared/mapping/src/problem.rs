use std::fmt;

/// A mistake in a mapping, found before any order is planned with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The mapping file, or `built-in mapping NAME`.
    pub file: String,
    /// Line in that file, from 1; `None` for the fields and variables of a route, and for a file
    /// that cannot be read.
    pub line: Option<usize>,
    /// The fault and its remedy.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(out, "{}:{line}: {}", self.file, self.message),
            None => write!(out, "{}: {}", self.file, self.message),
        }
    }
}

impl std::error::Error for Problem {}

/// A line of a mapping, or of one that it extends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Line {
    /// The number of the file, as [`Problems::file`] counts them: 0 is the mapping itself.
    pub(crate) file: usize,
    /// The line in that file, from 1.
    pub(crate) number: usize,
}

/// All problems of one mapping, so that they are reported together.
#[derive(Debug)]
pub(crate) struct Problems {
    files: Vec<String>,
    found: Vec<(Option<Line>, String)>,
}

impl Problems {
    pub(crate) fn new(file: &str) -> Self {
        Self {
            files: vec![file.to_owned()],
            found: Vec::new(),
        }
    }

    /// Adds a file that problems may be in, and returns its number.
    pub(crate) fn file(&mut self, name: String) -> usize {
        self.files.push(name);
        self.files.len().saturating_sub(1)
    }

    pub(crate) fn add(&mut self, line: Option<Line>, message: impl Into<String>) {
        self.found.push((line, message.into()));
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// Returns the problems in the order of the file, then of those that it extends; problems
    /// without a line come first.
    pub(crate) fn into_sorted(mut self) -> Vec<Problem> {
        self.found.sort_by_key(|(line, _)| *line);
        let files = self.files;
        let problem = |(line, message): (Option<Line>, String)| {
            let file = files.get(line.map_or(0, |line| line.file));
            Problem {
                file: file.cloned().unwrap_or_default(),
                line: line.map(|line| line.number),
                message,
            }
        };
        self.found.into_iter().map(problem).collect()
    }
}

/// Returns ` (did you mean `x`?)` for the known word that is nearest to a misspelt one, else
/// nothing.
pub(crate) fn did_you_mean<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    nearest(word, known)
        .map(|near| format!(" (did you mean `{near}`?)"))
        .unwrap_or_default()
}

fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // The distance costs the product of both lengths: a long word is misspelt within its first
    // letters or not at all.
    let word: String = word.chars().take(64).collect::<String>().to_lowercase();
    known
        .into_iter()
        .map(|candidate| {
            (
                strsim::osa_distance(&word, &candidate.to_lowercase()),
                candidate,
            )
        })
        .filter(|(distance, candidate)| *distance <= (candidate.chars().count() / 3).clamp(1, 3))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Lists the known words for the end of a message: "`a`, `b`, `c`".
pub(crate) fn listed<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    words
        .into_iter()
        .map(|word| format!("`{word}`"))
        .collect::<Vec<_>>()
        .join(", ")
}

/// Lists words as alternatives: "`a`, `b` or `c`".
pub(crate) fn alternatives(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    match quoted.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => quoted.concat(),
    }
}
