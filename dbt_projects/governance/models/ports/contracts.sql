with harvested as (

    select * from {{ source('raw', 'contracts') }}

)

select
    contract,
    port,
    major,
    domain,
    product,
    version,
    status,
    file,
    digest,
    api_version,
    purpose,
    limitations,
    usage,
    freshness_seconds,
    retention,
    version_retention,
    support_channel,
    ends_on,
    served_from,
    tags,
    published_version,
    published_digest,
    valid,
    problem,
    line
from harvested
