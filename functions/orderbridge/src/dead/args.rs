//! The arguments of `orderbridge dead`.

use crate::{
    cli::WhereArgs,
    place::{Opened, said},
    report::Failed,
    window::SpanArgs,
};
use clap::{Args, Subcommand};
use operator::dead::{Choice, DeadFilter};

#[derive(Clone, Debug, Subcommand)]
pub(crate) enum DeadCommand {
    /// The dead letters, in groups that the same thing would mend; with --ungrouped one by one, the
    /// newest first.
    List(ListArgs),
    /// One dead letter with the order, the attempted request and the destination's answer.
    Show(ShowArgs),
    /// Put dead letters back into the queue, after a fix.
    Replay(ManyArgs),
    /// Forget dead letters for good, and with them the only copy of what the shop sent.
    Drop(ManyArgs),
    /// Change what the shop sent in $EDITOR and put the changed copy into the queue. The dead letter
    /// stays as it was.
    Edit(EditArgs),
}

/// Which dead letters.
#[derive(Clone, Debug, Args)]
pub(crate) struct FilterArgs {
    /// Only letters of this group, by its id in the list.
    #[arg(long)]
    pub(crate) group: Option<String>,
    /// Only this store.
    #[arg(long)]
    pub(crate) store: Option<String>,
    /// Only this route.
    #[arg(long)]
    pub(crate) route: Option<String>,
    /// Only this order, by the shop's id.
    #[arg(long)]
    pub(crate) order: Option<String>,
    /// Only this class: authentication, rate_limit, unavailable, validation, mapping, conflict,
    /// too_large, unknown.
    #[arg(long)]
    pub(crate) class: Option<String>,
    /// When they died.
    #[command(flatten)]
    pub(crate) span: SpanArgs,
}

impl FilterArgs {
    /// Returns the filter. A name that nothing has is an error.
    pub(crate) async fn filter(&self, opened: &Opened) -> Result<DeadFilter, Failed> {
        let (since, until) = self.span.times(opened.times.instant())?;
        let filter = DeadFilter {
            store: self.store.clone(),
            route: self.route.clone(),
            order: self.order.clone(),
            class: self.class.clone(),
            group: self.group.clone(),
            since,
            until,
        };
        let config = opened.config.as_ref();
        match operator::known::check_dead(&opened.records, config, &filter).await? {
            Some(unknown) => Err(Failed::of(&unknown)),
            None => Ok(filter),
        }
    }

    /// Returns the filter's words, for a hint.
    pub(crate) fn words(&self) -> Vec<&str> {
        said([
            ("--group", self.group.as_deref()),
            ("--store", self.store.as_deref()),
            ("--route", self.route.as_deref()),
            ("--order", self.order.as_deref()),
            ("--class", self.class.as_deref()),
            ("--since", self.span.since.as_deref()),
            ("--until", self.span.until.as_deref()),
        ])
    }
}

#[derive(Clone, Debug, Args)]
pub(crate) struct ListArgs {
    #[command(flatten)]
    pub(crate) at: WhereArgs,
    #[command(flatten)]
    pub(crate) filter: FilterArgs,
    /// One by one in place of groups.
    #[arg(long)]
    pub(crate) ungrouped: bool,
    /// At most so many.
    #[arg(long, default_value_t = 50)]
    pub(crate) limit: usize,
    /// Go on behind this position, which the list before named.
    #[arg(long, value_name = "POSITION", requires = "ungrouped")]
    pub(crate) after: Option<String>,
    /// As JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Clone, Debug, Args)]
pub(crate) struct ShowArgs {
    #[command(flatten)]
    pub(crate) at: WhereArgs,
    /// From the list.
    pub(crate) id: String,
    /// As JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Clone, Debug, Args)]
pub(crate) struct EditArgs {
    #[command(flatten)]
    pub(crate) at: WhereArgs,
    /// From the list.
    pub(crate) id: String,
}

/// Dead letters by their ids, by a filter, or all of them.
#[derive(Clone, Debug, Args)]
pub(crate) struct ManyArgs {
    #[command(flatten)]
    pub(crate) at: WhereArgs,
    /// From the list; several are allowed.
    #[arg(
        conflicts_with_all = ["group", "store", "route", "order", "class", "since", "until", "all"],
        required_unless_present_any = ["group", "store", "route", "order", "class", "since", "until", "all"]
    )]
    pub(crate) ids: Vec<String>,
    #[command(flatten)]
    pub(crate) filter: FilterArgs,
    /// All of them; needs --yes.
    #[arg(long, conflicts_with_all = ["group", "store", "route", "order", "class", "since", "until"])]
    pub(crate) all: bool,
    /// Only say which and how many.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Do what cannot be undone, or what concerns all of them.
    #[arg(long, conflicts_with = "dry_run")]
    pub(crate) yes: bool,
}

impl ManyArgs {
    /// Returns the letters that are meant.
    pub(crate) async fn choice(&self, opened: &Opened) -> Result<Choice, Failed> {
        if self.ids.is_empty() {
            return Ok(Choice::Matching(self.filter.filter(opened).await?));
        }
        Ok(Choice::Ids(self.ids.clone()))
    }

    /// Returns the words of the choice, for a hint.
    pub(crate) fn words(&self) -> Vec<&str> {
        let mut words: Vec<&str> = self.ids.iter().map(String::as_str).collect();
        words.extend(self.filter.words());
        words.extend(self.all.then_some("--all"));
        words
    }
}
