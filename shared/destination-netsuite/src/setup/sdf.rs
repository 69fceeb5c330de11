//! A project of the SuiteCloud Development Framework with the custom fields that are missing, and
//! the companion RESTlet, for `suitecloud project:deploy`: no API makes them ("SDF XML Reference", NetSuite help).

use super::{
    companion,
    custom::{self, Custom, Kind, Place},
};
use ::setup::{Item, ProjectFile, State};
use mapping::Plan;

/// Returns the project with those custom fields of the plans that the items say are missing, and
/// with the companion RESTlet where they say that it is to be deployed. A field that is there already
/// is nothing to deploy over. Empty where nothing is missing.
#[must_use]
pub fn sdf_project(plans: &[Plan], items: &[Item]) -> Vec<ProjectFile> {
    let plans: Vec<&Plan> = plans.iter().collect();
    let is_missing = |field: &Custom| {
        items
            .iter()
            .any(|item| item.state == State::Missing && item.subject == field.subject())
    };
    let objects: Vec<ProjectFile> = custom::of(&plans)
        .iter()
        .filter(|field| is_missing(field))
        .filter_map(object)
        .collect();
    let with_companion = companion::is_wanted(items);
    if objects.is_empty() && !with_companion {
        return Vec::new();
    }
    let file = |path: &str, content: &str| ProjectFile {
        path: path.to_owned(),
        content: content.to_owned(),
    };
    let mut files = match with_companion {
        true => companion::files(),
        false => vec![
            file("src/manifest.xml", MANIFEST),
            file("src/deploy.xml", DEPLOY),
        ],
    };
    let about_companion = if with_companion { COMPANION } else { "" };
    files.push(file("README.txt", &format!("{README}{about_companion}")));
    files.extend(objects);
    files
}

/// Returns the file of a field; `None` where a person has to choose the list that it shows.
fn object(field: &Custom) -> Option<ProjectFile> {
    let kind = match field.kind {
        Kind::Text => "TEXT",
        Kind::Number => "FLOAT",
        Kind::Flag => "CHECKBOX",
        Kind::Other => return None,
    };
    let (element, applies) = match field.place {
        Place::Body => ("transactionbodycustomfield", "bodysale"),
        Place::Line => ("transactioncolumncustomfield", "colsale"),
        Place::Entity => ("entitycustomfield", "appliestocustomer"),
    };
    let length = match field.kind {
        Kind::Text => "\n  <maxlength>300</maxlength>",
        _ => "",
    };
    let (id, label) = (escaped(&field.id), escaped(&label(&field.id)));
    Some(ProjectFile {
        path: format!("src/Objects/{}.xml", file_name(&field.id)),
        content: format!(
            "<{element} scriptid=\"{id}\">
  <label>{label}</label>
  <fieldtype>{kind}</fieldtype>{length}
  <storevalue>T</storevalue>
  <displaytype>NORMAL</displaytype>
  <accesslevel>2</accesslevel>
  <searchlevel>2</searchlevel>
  <{applies}>T</{applies}>
  <help>Written by orderbridge</help>
</{element}>
"
        ),
    })
}

/// Returns the words of an id: `Shop order` of `custbody_shop_order`.
fn label(id: &str) -> String {
    let words = id.split_once('_').map_or(id, |(_, words)| words);
    let words = words.replace('_', " ");
    let mut letters = words.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string());
    first.unwrap_or_default() + letters.as_str()
}

/// Returns an id as the name of a file: an id of another form cannot lead out of the folder.
fn file_name(id: &str) -> String {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    id.chars()
        .map(|letter| if is_plain(letter) { letter } else { '_' })
        .collect()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

const MANIFEST: &str = "<manifest projecttype=\"ACCOUNTCUSTOMIZATION\">
  <projectname>orderbridge</projectname>
  <frameworkversion>1.0</frameworkversion>
  <dependencies>
    <features>
      <feature required=\"true\">SERVERSIDESCRIPTING</feature>
    </features>
  </dependencies>
</manifest>
";

const DEPLOY: &str = "<deploy>
  <objects>
    <path>~/Objects/*</path>
  </objects>
</deploy>
";

const README: &str = "What orders need in NetSuite and what is not there yet. No API makes it.

1. Install Oracle's command line: npm install -g @oracle/suitecloud-cli (it needs Java 17 or 21)
2. In this folder: suitecloud account:setup
3. Look at what would be made: suitecloud project:validate --server
4. Make it: suitecloud project:deploy
";

const COMPANION: &str = "
The project has the companion RESTlet (customscript_orderbridge), with which several new orders go in
one call. Its deployment is for the role customrole_orderbridge: where the token's role has another ID,
write that one into src/manifest.xml and src/Objects/customscript_orderbridge.xml (it stands on the
role's page, Setup > Users/Roles > Manage Roles).
With OAuth 2.0, tick RESTlets in the integration record. Then set speed = \"auto\" or \"restlet\"
for the destination, and orderbridge check --live tells whether it can be called.
";

#[cfg(test)]
mod tests {
    use super::*;

    fn field(id: &str, place: Place, kind: Kind) -> Custom {
        let (id, object) = (id.to_owned(), "salesOrder".to_owned());
        Custom {
            id,
            place,
            kind,
            object,
        }
    }

    #[test]
    fn each_place_has_its_element_and_each_kind_its_type() {
        let file = |id, place, kind| object(&field(id, place, kind)).unwrap();
        let body = file("custbody_shop_order", Place::Body, Kind::Text);
        assert_eq!(body.path, "src/Objects/custbody_shop_order.xml");
        insta::assert_snapshot!("body", body.content);
        let line = file("custcol_shop_price", Place::Line, Kind::Number);
        insta::assert_snapshot!("line", line.content);
        let entity = file("custentity_shop_guest", Place::Entity, Kind::Flag);
        insta::assert_snapshot!("entity", entity.content);
        assert!(object(&field("custbody_x", Place::Body, Kind::Other)).is_none());
    }

    #[test]
    fn what_an_id_says_is_neither_markup_nor_a_path() {
        let nasty = "custbody_<a href=\"../../x\">&";
        let file = object(&field(nasty, Place::Body, Kind::Text)).unwrap();
        assert_eq!(file.path, "src/Objects/custbody__a_href________x___.xml");
        assert!(
            file.content
                .contains("custbody_&lt;a href=&quot;../../x&quot;&gt;&amp;")
                && !file.content.contains("<a href"),
            "{}",
            file.content
        );
    }
}
