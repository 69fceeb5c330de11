use crate::{Problem, address::service_address, section::Section};

/// Values of a table that describe how to reach a service.
impl<'a> Section<'a> {
    /// Returns the address of a service, without a slash at its end; `None` if it does not exist.
    ///
    /// # Errors
    /// When its text is not an address that works here.
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

    /// Returns a version such as `v65.0`, which is the number between `v` and `ending`; `default`
    /// if it does not exist.
    ///
    /// # Errors
    /// When its text is not a version, or the version is older than `oldest`.
    pub(crate) fn version(
        &self,
        name: &str,
        ending: &str,
        default: u16,
        oldest: u16,
    ) -> Result<String, Problem> {
        let written = |number: u16| format!("v{number}{ending}");
        let Some(text) = self.optional_text(name)? else {
            return Ok(written(default));
        };
        let number = text
            .strip_prefix('v')
            .and_then(|rest| rest.strip_suffix(ending))
            .and_then(|number| number.parse::<u16>().ok());
        let place = &self.place;
        let message = match number {
            Some(number) if number >= oldest => return Ok(written(number)),
            Some(_) => format!(
                "`{name} = \"{text}\"` in {place} is too old; use {} or newer, as in `{name} = \"{}\"`",
                written(oldest),
                written(default)
            ),
            None => format!(
                "`{name} = \"{text}\"` in {place} is no version; write it as in `{name} = \"{}\"`",
                written(default)
            ),
        };
        Err(self.problem_at(name, message))
    }
}
