//! `extends`: a mapping that states only its differences from another one.

use super::{
    merge,
    node::{self, Entry, Kind, Node},
    remove,
};
use crate::{
    Origin,
    builtin::{self, Places},
    problem::Problems,
};

/// The largest number of files that lie over each other: a shop's own, the one that ships for its
/// platform, and the one that ships for its system. A reader who looks for a rule looks into no
/// more than these.
const MOST_FILES: usize = 3;

/// A mapping together with those that it extends.
pub(crate) struct Extended {
    pub(super) tree: Vec<Entry>,
    /// The fields that one of them takes away from the one that it extends.
    pub(super) removed: remove::Fields,
    /// The text of each of the files, the mapping itself first.
    pub(crate) texts: Vec<String>,
}

/// Reads a mapping and those that it extends, which are looked for in `places`. `None` where one of
/// them cannot be read, which the problems say.
pub(crate) fn read(
    origin: &Origin,
    text: &str,
    places: Places<'_>,
    problems: &mut Problems,
) -> Option<Extended> {
    let (mut origins, mut texts) = (vec![origin.clone()], vec![text.to_owned()]);
    let mut tree = node::parse(text, 0, problems)?;
    let mut layers = Vec::new();
    while let Some(named) = merge::take(&mut tree, "extends") {
        let (origin, text) = find(&named, &origins, places, problems)?;
        let file = problems.file(origin.to_string());
        layers.push(std::mem::replace(
            &mut tree,
            node::parse(&text, file, problems)?,
        ));
        origins.push(origin);
        texts.push(text);
    }
    if let Some(removed) = merge::take(&mut tree, "remove") {
        problems.add(
            removed.line,
            "`remove` takes away what the extended mapping has, and this one has no `extends`",
        );
    }
    let mut removed = remove::Fields::new();
    while let Some(own) = layers.pop() {
        removed.extend(merge::lay_over(&mut tree, own, problems));
    }
    Some(Extended {
        tree,
        removed,
        texts,
    })
}

/// Finds the mapping that `extends` names. A file that takes the place of a built-in mapping may
/// extend that built-in one.
fn find(
    named: &Node,
    origins: &[Origin],
    places: Places<'_>,
    problems: &mut Problems,
) -> Option<(Origin, String)> {
    match look_for(named, origins, places) {
        Ok(found) => Some(found),
        Err(fault) => {
            problems.add(named.line, fault);
            None
        }
    }
}

fn look_for(
    named: &Node,
    origins: &[Origin],
    places: Places<'_>,
) -> Result<(Origin, String), String> {
    let Kind::Text(name) = &named.kind else {
        return Err(format!(
            "`extends` is {}; name a built-in mapping, such as \"woocommerce-salesforce\", or a file",
            named.kind_name()
        ));
    };
    if origins.len() >= MOST_FILES {
        return Err(format!(
            "`extends` names `{name}`, and would be the third step; a mapping extends one that extends one, and no more"
        ));
    }
    if let Some(packed) = packed_base(name, origins) {
        return Ok(packed);
    }
    let found =
        builtin::find(name, places).map_err(|problem| format!("`extends`: {}", problem.message))?;
    if !origins.contains(&found.0) {
        return Ok(found);
    }
    builtin::packed(name)
        .filter(|packed| !origins.contains(&packed.0))
        .ok_or_else(|| {
            let mut circle: Vec<String> = origins.iter().map(Origin::name).collect();
            circle.push(name.clone());
            format!("`extends` goes round in a circle: {}", circle.join(" -> "))
        })
}

/// Returns the base of a mapping that is packed into the program, as it is packed there. A file of
/// that name beside the configuration may be a whole mapping from before there were bases.
fn packed_base(name: &str, origins: &[Origin]) -> Option<(Origin, String)> {
    match origins.last() {
        Some(Origin::Builtin(_)) if builtin::is_base(name) => builtin::packed(name),
        _ => None,
    }
}
