/// Returns the candidate that was probably meant, as the tail of a message: "; did you mean
/// `secret`?", or an empty text when none is near.
pub(crate) fn did_you_mean<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> String {
    closest(word, candidates)
        .map(|near| format!("; did you mean `{near}`?"))
        .unwrap_or_default()
}

/// Returns the nearest candidate, if it is near: at most a third of its letters differ, or only
/// case and separators do.
fn closest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let plain = simplified(word);
    candidates
        .into_iter()
        .map(|candidate| {
            (
                strsim::osa_distance(&plain, &simplified(candidate)),
                candidate,
            )
        })
        .filter(|(distance, candidate)| *distance <= (candidate.chars().count() / 3).clamp(1, 3))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Returns a word in lower case, without the characters that people mix up; of a long text only the
/// beginning, as the distance costs the product of both lengths.
fn simplified(word: &str) -> String {
    word.chars()
        .filter(|character| !matches!(character, '-' | '_' | ' ' | '.' | '/'))
        .flat_map(char::to_lowercase)
        .take(64)
        .collect()
}

/// Returns a list for a message: "`a`, `b`, `c`".
pub(crate) fn listed<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    words
        .into_iter()
        .map(|word| format!("`{word}`"))
        .collect::<Vec<_>>()
        .join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suggests_what_is_near_and_nothing_else() {
        let topics = ["order.created", "order.updated"];
        assert_eq!(
            did_you_mean("order.craeted", topics),
            "; did you mean `order.created`?"
        );
        assert_eq!(
            did_you_mean("Order Updated", topics),
            "; did you mean `order.updated`?"
        );
        assert_eq!(did_you_mean("customer", topics), "");
    }

    #[test]
    fn bounds_the_work_on_long_words() {
        assert_eq!(did_you_mean(&"x".repeat(1_000_000), ["secret"]), "");
    }
}
