use crate::{Problem, address::service_address, section::Section};

/// The values of a table that say where a service is and how to speak to it.
impl<'a> Section<'a> {
    /// The address of a service, without a slash at its end; `None` if it is not there.
    pub(crate) fn address(&self, name: &str) -> Result<Option<String>, Problem> {
        let Some(text) = self.optional_text(name)? else {
            return Ok(None);
        };
        // The address itself stays out of the message: it may hold a password.
        let wrong = |reason| {
            self.problem_at(
                name,
                format!(
                    "`{name}` in {} is no address that works here: {reason}",
                    self.place
                ),
            )
        };
        service_address(text).map(Some).map_err(wrong)
    }

    /// A version such as `v65.0`; `default` if it is not there. `major` finds the number in what
    /// follows the `v`.
    pub(crate) fn version(
        &self,
        name: &str,
        default: &'static str,
        major: impl Fn(&'a str) -> Option<&'a str>,
    ) -> Result<String, Problem> {
        let Some(text) = self.optional_text(name)? else {
            return Ok(default.to_owned());
        };
        let number = text
            .strip_prefix('v')
            .and_then(major)
            .and_then(|number| number.parse::<u16>().ok());
        number.map(|_| text.to_owned()).ok_or_else(|| {
            let message = format!(
                "`{name} = \"{text}\"` in {} is no version; write it as in `{name} = \"{default}\"`",
                self.place
            );
            self.problem_at(name, message)
        })
    }
}
