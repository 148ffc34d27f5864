//! `weighbridge request`: asks for a revision in an environment.

use clap::Args;
use weighbridge_domain::{Affected, BadAnswer, DataClass, Region};
use weighbridge_server::api::requests::{MakeRequest, RequestView, RiskView};

use super::{Context, requests};
use crate::client::Verb;
use crate::exit::Exit;
use crate::failure::Failure;

/// What `request` takes.
#[derive(Debug, Args)]
pub(crate) struct Request {
    /// `acme/tiny-bert` or `datasets/acme/words@v1`; a branch means the commit it means now
    #[arg(value_name = "REF")]
    reference: String,
    /// Where it is to be used
    #[arg(long = "for", visible_alias = "environment", value_name = "ENV")]
    environment: String,
    /// Why
    #[arg(long, value_name = "TEXT")]
    because: String,
    /// The data it will work with: `public`, `internal`, `confidential` or `restricted`
    #[arg(long, value_name = "CLASS", value_parser = data_class)]
    data_class: DataClass,
    /// What it is for, in a few words
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    use_case: String,
    /// Where the data has to stay, such as `eu`
    #[arg(long, value_name = "REGION", value_parser = region)]
    residency: Option<Region>,
    /// The widest circle that it reaches: `team`, `employees`, `customers` or `public`
    #[arg(long, value_name = "CIRCLE", value_parser = affected)]
    affected: Option<Affected>,
    /// People outside the team meet what it says or does
    #[arg(long)]
    user_facing: bool,
    /// Decisions about people rest on it
    #[arg(long)]
    affects_people: bool,
}

/// Makes a request.
pub(crate) async fn run(context: &Context, request: Request) -> Result<Exit, Failure> {
    let client = context.client().await?;
    let body = MakeRequest {
        reference: request.reference,
        environment: request.environment,
        because: request.because,
        risk: RiskView {
            use_case: request.use_case,
            data: request.data_class.to_string(),
            residency: request.residency.map(|region| region.to_string()),
            user_facing: request.user_facing,
            affects_people: request.affects_people,
            affected: request.affected.map(|circle| circle.to_string()),
        },
    };
    let reply = client.send::<RequestView>(Verb::Post, "/requests", Some(&body)).await?;
    requests::say(context, &reply)
}

fn data_class(text: &str) -> Result<DataClass, BadAnswer> {
    text.parse()
}

fn region(text: &str) -> Result<Region, BadAnswer> {
    text.parse()
}

fn affected(text: &str) -> Result<Affected, BadAnswer> {
    text.parse()
}
