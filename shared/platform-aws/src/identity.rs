//! Random names.

use ports::PortError;

/// Returns a random name that nobody else has.
pub(crate) fn fresh(operation: &'static str) -> Result<String, PortError> {
    let mut bytes = [0_u8; 16];
    getrandom::fill(&mut bytes).map_err(|error| PortError::new(operation, error))?;
    Ok(hex::encode(bytes))
}
