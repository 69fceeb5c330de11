use super::args::ListArgs;
use crate::{
    orders,
    place::Opened,
    report::{Failed, json, line, table},
};
use operator::{LetterView, Page, dead};
use ports::LetterGroup;

/// Runs `orderbridge dead list`.
pub(crate) async fn run(args: &ListArgs) -> Result<(), Failed> {
    let opened = args.at.open().await?;
    let filter = args.filter.filter(&opened).await?;
    if !args.ungrouped {
        let mut groups = dead::groups(&opened.records, &filter).await?;
        let left_out = groups.len().saturating_sub(args.limit);
        groups.truncate(args.limit);
        if args.json {
            return json(&groups);
        }
        grouped(&groups, left_out, &opened);
        return Ok(());
    }
    let after = orders::cursor(args.after.as_deref())?;
    let page = dead::page(&opened.records, &filter, after.as_ref(), args.limit).await?;
    if args.json {
        return json(&page.items);
    }
    ungrouped(&page, args, &opened);
    Ok(())
}

fn grouped(groups: &[LetterGroup], left_out: usize, opened: &Opened) {
    let row = |group: &LetterGroup| {
        let routes: Vec<&str> = group.routes.keys().map(String::as_str).collect();
        vec![
            group.key.id.clone(),
            group.count().to_string(),
            routes.join(", "),
            opened.times.ago(group.oldest),
            opened.times.ago(group.newest),
            group.key.text.clone(),
        ]
    };
    table(
        &["GROUP", "LETTERS", "ROUTES", "FIRST", "LAST", "REASON"],
        groups.iter().map(row).collect(),
    );
    if left_out > 0 {
        line(&format!(
            "{left_out} smaller groups are left out; see --limit"
        ));
    }
    if let Some(first) = groups.first() {
        let id = first.key.id.as_str();
        let command = |words: &[&str]| opened.hints.command(words);
        line(&format!(
            "one by one: {}",
            command(&["dead", "list", "--ungrouped", "--group", id])
        ));
        line(&format!(
            "an example: {}",
            command(&["dead", "show", &first.example])
        ));
        line(&format!(
            "after the fix: {}",
            command(&["dead", "replay", "--group", id])
        ));
    }
}

fn ungrouped(page: &Page<LetterView>, args: &ListArgs, opened: &Opened) {
    let mappings = opened.mappings();
    let is_of_another = |view: &LetterView| view.is_of_another_mapping(&mappings);
    let row = |view: &LetterView| {
        let letter = &view.letter;
        let notes = [
            view.superseded.then_some("superseded"),
            is_of_another(view).then_some("other mapping"),
        ];
        let notes: Vec<&str> = notes.into_iter().flatten().collect();
        let class = if notes.is_empty() {
            letter.class.clone()
        } else {
            format!("{} ({})", letter.class, notes.join(", "))
        };
        let earlier = match letter.earlier {
            0 => String::new(),
            count => format!(" (and {count} earlier)"),
        };
        vec![
            letter.id.clone(),
            letter
                .message
                .order
                .clone()
                .unwrap_or_else(|| "-".to_owned()),
            letter.message.route.clone(),
            class,
            format!("{}{earlier}", opened.times.ago(letter.died)),
            letter.reason.clone(),
        ]
    };
    table(
        &["ID", "ORDER", "ROUTE", "CLASS", "DIED", "REASON"],
        page.items.iter().map(row).collect(),
    );
    if page.items.iter().any(|view| view.superseded) {
        line(
            "superseded: the destination holds the same or a newer state of the order; drop the dead letter, or replay it, which changes nothing",
        );
    }
    if page.items.iter().any(is_of_another) {
        line(
            "other mapping: it died under another mapping than its route has now; a replay takes the present one",
        );
    }
    if let Some(next) = &page.next {
        let (limit, next) = (args.limit.to_string(), next.to_string());
        let mut words = vec!["dead", "list", "--ungrouped"];
        words.extend(args.filter.words());
        words.extend(["--limit", &limit, "--after", &next]);
        line(&format!("more: {}", opened.hints.command(&words)));
    }
}
