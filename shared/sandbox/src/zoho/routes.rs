use super::{
    answer::Answer, batch, composite, coql, error::ApiError, metadata, new_fields, request::Call,
    rows, scope, upsert, world::World,
};

/// Carries out one request.
pub(super) fn dispatch(world: &mut World, call: &Call) -> Result<Answer, ApiError> {
    let segments: Vec<&str> = call.segments.iter().map(String::as_str).collect();
    match (call.method.as_str(), segments.as_slice()) {
        ("POST", ["__composite_requests"]) => composite::answer(world, call),
        ("POST", ["coql"]) => coql::answer(world, call),
        ("GET", ["settings", "fields"]) => {
            allow(scope::covers_settings(&world.scopes, "fields", "READ"))?;
            metadata::fields(world, call)
        }
        ("POST", ["settings", "fields"]) => {
            allow(scope::covers_settings(&world.scopes, "fields", "CREATE"))?;
            new_fields::create(world, call)
        }
        ("PATCH", ["settings", "fields", id]) => {
            allow(scope::covers_settings(&world.scopes, "fields", "UPDATE"))?;
            new_fields::change(world, call, numeric(id)?)
        }
        ("GET", ["settings", "layouts"]) => {
            allow(scope::covers_settings(&world.scopes, "layouts", "READ"))?;
            metadata::layouts(world, call)
        }
        ("GET", ["org"]) => {
            allow(scope::covers_organisation(&world.scopes))?;
            metadata::organisation(world)
        }
        ("POST", [module, "upsert"]) => {
            allow(scope::covers_module(
                &world.scopes,
                module,
                &["CREATE", "WRITE"],
            ))?;
            upsert::answer(world, call, module)
        }
        ("POST", [module]) => {
            allow(scope::covers_module(
                &world.scopes,
                module,
                &["CREATE", "WRITE"],
            ))?;
            batch::insert(world, call, module)
        }
        ("PUT", [module, rest @ ..]) if rest.len() < 2 => {
            allow(scope::covers_module(
                &world.scopes,
                module,
                &["UPDATE", "WRITE"],
            ))?;
            match rest {
                [id] => batch::update_one(world, call, module, numeric(id)?),
                _ => batch::update_many(world, call, module),
            }
        }
        ("GET", [module, rest @ ..]) if rest.len() < 2 => {
            allow(scope::covers_module(&world.scopes, module, &["READ"]))?;
            match rest {
                ["deleted"] => rows::deleted(world, call, module),
                [id] => rows::read(world, call, module, numeric(id)?),
                _ => rows::list(world, call, module),
            }
        }
        ("DELETE", [module, id]) => {
            allow(scope::covers_module(&world.scopes, module, &["DELETE"]))?;
            rows::delete(world, module, numeric(id)?)
        }
        (_, ["settings", "fields" | "layouts"] | [_] | [_, _]) => Err(ApiError::wrong_method()),
        _ => Err(ApiError::unknown_url()),
    }
}

fn allow(covered: bool) -> Result<(), ApiError> {
    if covered {
        Ok(())
    } else {
        Err(ApiError::scope_mismatch())
    }
}

/// Checks an id in the URL. Anything else is the address of a resource that does not exist here.
fn numeric(id: &str) -> Result<&str, ApiError> {
    let is_number = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit());
    if is_number {
        Ok(id)
    } else {
        Err(ApiError::unknown_url())
    }
}
