use std::{
    collections::BTreeMap,
    fmt::Display,
    fs,
    path::{Path, PathBuf},
};

/// The variables of a .env file. It has no `Debug`: it is all values.
pub(super) struct EnvFile {
    values: BTreeMap<String, String>,
    file: PathBuf,
}

impl EnvFile {
    /// Reads a file, and not this process's environment.
    ///
    /// # Errors
    /// When lines cannot be read: each of them, without its content.
    pub(super) fn read(file: &Path) -> Result<Self, Vec<String>> {
        let place = |line: usize, what: &dyn Display| format!("{}:{line}: {what}", file.display());
        let text = fs::read_to_string(file)
            .map_err(|error| vec![format!("{}: cannot be read: {error}", file.display())])?;
        Self::parse(&text, file).map_err(|mistakes| {
            mistakes
                .into_iter()
                .map(|(line, what)| place(line, &what))
                .collect()
        })
    }

    /// Reads a text; returns each mistake with its line.
    fn parse(text: &str, file: &Path) -> Result<Self, Vec<(usize, String)>> {
        let text = format!("{}\n", text.trim_start_matches('\u{feff}'));
        let mut mistakes = dollars(&text);
        if !mistakes.is_empty() {
            return Err(mistakes);
        }
        let mut values = BTreeMap::new();
        for entry in dotenvy::Iter::new(text.as_bytes()) {
            match entry {
                Ok((name, _)) if values.contains_key(&name) => {
                    mistakes.push((
                        line_of(&text, &name),
                        format!("{name} is there more than once; remove all but one"),
                    ));
                }
                Ok((name, value)) => _ = values.insert(name, value),
                Err(error) => {
                    mistakes.push((line_of(&text, broken(&error)), UNREADABLE.to_owned()))
                }
            }
        }
        let file = file.to_owned();
        if mistakes.is_empty() {
            Ok(Self { values, file })
        } else {
            Err(mistakes)
        }
    }

    /// Returns the value of a variable; `None` where it is absent or empty. `NAME_PATH` may name a
    /// file that holds it, relative to the .env file's folder.
    ///
    /// # Errors
    /// When that file cannot be read.
    pub(super) fn value(&self, name: &str) -> Result<Option<String>, String> {
        if let Some(value) = self.values.get(name).filter(|value| !value.is_empty()) {
            return Ok(Some(with_line_breaks(value)));
        }
        let path_name = format!("{name}_PATH");
        let Some(path) = self.values.get(&path_name).filter(|path| !path.is_empty()) else {
            return Ok(None);
        };
        let folder = self.file.parent().unwrap_or(Path::new("."));
        let text = fs::read_to_string(folder.join(path))
            .map_err(|error| format!("{path_name} names a file that cannot be read: {error}"))?;
        Ok(Some(text))
    }

    /// Returns the names of all variables.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.values.keys().map(String::as_str)
    }
}

const UNREADABLE: &str = "this line cannot be read; write NAME=\"value\", with comments after # only, and with \\n or real line breaks inside a PEM key";

/// Reports values with a `$`. Readers of .env files disagree about it: some, ours included, put
/// another variable's value there. In a password that would go unseen.
fn dollars(text: &str) -> Vec<(usize, String)> {
    let has_dollar = |line: &str| {
        let value = line.split_once('=').map_or(line, |(_, value)| value);
        line.contains('$')
            && !line.trim_start().starts_with('#')
            && !value.trim_start().starts_with('\'')
    };
    let numbered = (1..).zip(text.lines()).filter(|(_, line)| has_dollar(line));
    numbered
        .map(|(number, _)| {
            let what = "a $ would begin the name of another variable; put the whole value between single quotes: NAME='...'";
            (number, what.to_owned())
        })
        .collect()
}

/// Returns the text that dotenvy could not read, only to find its line.
fn broken(error: &dotenvy::Error) -> &str {
    match error {
        dotenvy::Error::LineParse(text, _) => text.lines().next().unwrap_or_default(),
        _ => "",
    }
}

/// Returns the number of the last line that holds this text.
fn line_of(text: &str, part: &str) -> usize {
    let numbered = (1..).zip(text.lines());
    let found = numbered.filter(|(_, line)| line.contains(part)).last();
    found.map_or(1, |(number, _)| number)
}

/// Returns a PEM key on one line, as .env files mostly have it, with its line breaks.
fn with_line_breaks(value: &str) -> String {
    if value.trim_start().starts_with("-----BEGIN") {
        value.replace("\\r", "").replace("\\n", "\n")
    } else {
        value.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<EnvFile, Vec<(usize, String)>> {
        EnvFile::parse(text, Path::new(".env"))
    }

    fn value(text: &str) -> Option<String> {
        parse(text).ok().unwrap().value("KEY").unwrap()
    }

    #[test]
    fn reads_the_usual_forms() {
        for (text, expected) in [
            ("KEY=plain", "plain"),
            ("\u{feff}KEY=plain # a comment\n", "plain"),
            ("export KEY=\"with blanks\"   ", "with blanks"),
            (
                "# KEY=no\n\nKEY='pa$$word # \"quoted\"'",
                "pa$$word # \"quoted\"",
            ),
            ("KEY=fake#not-a-comment", "fake#not-a-comment"),
            ("KEY=a=b==", "a=b=="),
            (
                "KEY=\"-----BEGIN X-----\\nZmFrZQ==\\n-----END X-----\"",
                "-----BEGIN X-----\nZmFrZQ==\n-----END X-----",
            ),
            (
                "KEY='-----BEGIN X-----\\r\\nZmFrZQ==\\n-----END X-----'",
                "-----BEGIN X-----\nZmFrZQ==\n-----END X-----",
            ),
            (
                "KEY=\"-----BEGIN X-----\nZmFrZQ==\n-----END X-----\"\nO=1",
                "-----BEGIN X-----\nZmFrZQ==\n-----END X-----",
            ),
        ] {
            assert_eq!(value(text).as_deref(), Some(expected), "{text}");
        }
        assert_eq!(value("KEY=\n"), None);
        assert_eq!(value("OTHER=1\n"), None);
    }

    #[test]
    fn tells_lines_and_no_values() {
        for (text, line) in [
            ("A=1\nKEY=\"hush\" // a comment of another language\n", 2),
            ("A=1\n\nKEY=hush-$HOME\n", 3),
            ("KEY=\"hush$x\"", 1),
            ("A=1\nhush hush\nB=2", 2),
            ("A=1\nKEY=two words hush\n", 2),
            ("A=1\nKEY=\"hush, it never ends\nB=2\n", 2),
            ("KEY=hush\nA=1\nKEY=hush", 3),
            ("1KEY=hush", 1),
        ] {
            let mistakes = parse(text)
                .err()
                .unwrap_or_else(|| panic!("{text} was read"));
            assert_eq!(
                mistakes.first().map(|(line, _)| *line),
                Some(line),
                "{text}"
            );
            assert!(
                mistakes.iter().all(|(_, what)| !what.contains("hush")),
                "{mistakes:?}"
            );
        }
    }

    #[test]
    fn a_path_names_a_file_beside_the_env_file() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("server.key"), "fake\n").unwrap();
        let file = folder.path().join(".env");
        fs::write(&file, "A_PATH=server.key\nB_PATH=none.key\n").unwrap();
        let read = EnvFile::read(&file).ok().unwrap();
        assert_eq!(read.value("A").unwrap().as_deref(), Some("fake\n"));
        assert!(read.value("B").unwrap_err().contains("B_PATH"));
    }
}
