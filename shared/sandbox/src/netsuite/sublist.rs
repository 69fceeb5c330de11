//! The lines of a record when it is written again. NetSuite Help, section_1545297048: a line with a
//! known key changes that line, **every other line is added**, so that an order that is sent twice
//! without keys has its lines twice; with `?replace=` the lines that are not named are removed.

use super::{
    error::Problem,
    sales_order::at_work,
    value::{Cell, Cells, number},
};
use rust_decimal::Decimal;

/// A line of the result, and its place in the request, if it was there.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) cells: Cells,
    pub(super) sent_as: Option<usize>,
}

/// Returns the lines after a write. New ones get the next numbers.
///
/// # Errors
/// When a line would be removed that cannot be removed.
pub(super) fn merge(
    key: &str,
    old: &[Cells],
    sent: &[Cells],
    replace: bool,
) -> Result<Vec<Line>, Problem> {
    let known = |line: &Cells| {
        number(line, key).filter(|wanted| old.iter().any(|line| number(line, key) == Some(*wanted)))
    };
    let mut lines = Vec::new();
    for line in old {
        // If a line is named twice, the last one counts.
        let place = sent.iter().rposition(|change| {
            known(change).is_some() && number(change, key) == number(line, key)
        });
        match place.and_then(|place| Some((place, sent.get(place)?))) {
            Some((place, change)) => {
                let cells = changed(line, change);
                check_quantity(line, &cells)?;
                lines.push(Line {
                    cells,
                    sent_as: Some(place),
                });
            }
            None if !replace => lines.push(Line {
                cells: line.clone(),
                sent_as: None,
            }),
            // The refusal of NetSuite is documented, its text is not.
            None if !at_work(line).is_zero() => {
                return Err(Problem::user(
                    "A line that has been fulfilled or billed cannot be removed.",
                )
                .at("item"));
            }
            None => {}
        }
    }
    let mut last = lines
        .iter()
        .filter_map(|line| number(&line.cells, key))
        .max()
        .unwrap_or_default();
    for (place, line) in sent
        .iter()
        .enumerate()
        .filter(|(_, line)| known(line).is_none())
    {
        last = last.saturating_add(Decimal::ONE);
        let mut cells = changed(&Cells::new(), line);
        cells.insert(key.to_owned(), Cell::Number(last));
        lines.push(Line {
            cells,
            sent_as: Some(place),
        });
    }
    Ok(lines)
}

/// Checks the quantity: it cannot fall below the fulfilled or billed one.
fn check_quantity(line: &Cells, changed: &Cells) -> Result<(), Problem> {
    let done = at_work(line);
    if !done.is_zero() && number(changed, "quantity").unwrap_or_default() < done {
        return Err(Problem::user(
            "The quantity of a line cannot be less than what has been fulfilled or billed.",
        )
        .at("item"));
    }
    Ok(())
}

/// Changes a line: a value that is sent replaces the one that was there, and null clears it. A new
/// amount without a rate removes the old rate, and a new rate or quantity the amount.
fn changed(line: &Cells, change: &Cells) -> Cells {
    let mut cells = line.clone();
    if change.contains_key("amount") && !change.contains_key("rate") {
        cells.shift_remove("rate");
    }
    cells.extend(
        change
            .iter()
            .map(|(name, cell)| (name.clone(), cell.clone())),
    );
    cells.retain(|_, cell| *cell != Cell::Null);
    cells
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(key: Option<i64>, text: &str) -> Cells {
        let mut cells = Cells::from([("description".to_owned(), Cell::Text(text.into()))]);
        cells.extend(key.map(|key| ("line".to_owned(), Cell::Number(key.into()))));
        cells
    }

    fn outcome(sent: &[Cells], replace: bool) -> Vec<(String, String)> {
        let old = [line(Some(1), "a"), line(Some(2), "b")];
        let lines = merge("line", &old, sent, replace).unwrap();
        let shown = |line: &Line| {
            let description = crate::netsuite::value::text(&line.cells, "description")
                .unwrap()
                .to_owned();
            (
                number(&line.cells, "line").unwrap().to_string(),
                description,
            )
        };
        lines.iter().map(shown).collect()
    }

    fn expect(lines: &[(&str, &str)]) -> Vec<(String, String)> {
        lines
            .iter()
            .map(|(key, text)| ((*key).to_owned(), (*text).to_owned()))
            .collect()
    }

    #[test]
    fn lines_without_a_key_are_added() {
        let sent = [line(None, "a"), line(None, "b")];
        assert_eq!(
            outcome(&sent, false),
            expect(&[("1", "a"), ("2", "b"), ("3", "a"), ("4", "b")])
        );
        assert_eq!(outcome(&sent, true), expect(&[("1", "a"), ("2", "b")]));
    }

    #[test]
    fn a_line_that_is_made_anew_loses_what_was_on_it() {
        let mut old = line(Some(1), "a");
        old.insert("location".to_owned(), Cell::Id("1".to_owned()));
        let location = |sent: Cells| {
            let lines = merge("line", std::slice::from_ref(&old), &[sent], true).unwrap();
            lines[0].cells.get("location").cloned()
        };
        assert_eq!(location(line(Some(1), "b")), Some(Cell::Id("1".to_owned())));
        assert_eq!(location(line(None, "a")), None);
    }

    #[test]
    fn a_line_at_work_cannot_go_nor_shrink() {
        let with = |name: &str, figure: i64| {
            let mut cells = line(Some(1), "a");
            cells.insert("quantity".to_owned(), Cell::Number(3.into()));
            cells.insert(name.to_owned(), Cell::Number(figure.into()));
            cells
        };
        for name in ["quantityFulfilled", "quantityBilled"] {
            let old = [with(name, 2)];
            assert!(merge("line", &old, &[line(None, "b")], true).is_err());
            assert!(merge("line", &old, &[line(None, "b")], false).is_ok());
            assert!(merge("line", &old, &[with("quantity", 1)], true).is_err());
            assert!(merge("line", &old, &[with("quantity", 2)], true).is_ok());
        }
    }

    #[test]
    fn lines_with_a_key_change() {
        let sent = [line(Some(2), "B"), line(Some(9), "c")];
        assert_eq!(
            outcome(&sent, false),
            expect(&[("1", "a"), ("2", "B"), ("3", "c")])
        );
        assert_eq!(outcome(&sent, true), expect(&[("2", "B"), ("3", "c")]));
    }
}
