//! `weighbridge attestation key`.

use weighbridge_server::api::attestations::KeysView;

use super::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Said;

/// Shows the public key.
pub(super) async fn run(context: &Context) -> Result<Exit, Failure> {
    let client = context.client().await?;
    let reply = client.get::<KeysView>("/keys").await?;
    let key = &reply.view.attestations;
    context.output.talk(&format!("{}, keyid {}", key.algorithm, key.keyid));
    let said = Said { human: key.pem.clone(), quiet: key.pem.clone() };
    context.output.data(&reply.raw, said)?;
    Ok(Exit::Pass)
}
