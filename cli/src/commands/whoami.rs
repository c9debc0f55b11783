//! `nokube whoami`.

use crate::{
    Outcome, Result,
    args::account::Whoami,
    context::Context,
    output::{Table, time},
    text,
};

pub async fn run(context: &Context, _args: Whoami) -> Result<Outcome> {
    let client = context.client().await?;
    let me = client.me().await?;
    if context.output.is_json() {
        context.output.json(&me.json);
        return Ok(Outcome::Done);
    }
    let mut table = Table::of_fields();
    let administrator = if me.administrator {
        text!(" (administrator)", " (administrateur)")
    } else {
        String::new()
    };
    table.field(text!("user", "utilisateur"), format!("{}{administrator}", me.username));
    table.field(text!("platform", "plateforme"), client.origin().to_string());
    table.field(text!("by", "par"), me.via.clone());
    table.field(text!("scopes", "droits"), me.scopes.join(", "));
    if let Some(expires_at) = me.expires_at {
        table
            .field(text!("until", "jusqu’au"), format!("{expires_at} ({})", time::ago(expires_at)));
    }
    context.output.table(&table);
    Ok(Outcome::Done)
}
