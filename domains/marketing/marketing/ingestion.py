"""The exports of the seller campaign, read as its team means them: ids are text, times are UTC, money is decimal."""

from mesh_platform import CsvSource

LEADS = CsvSource(
    "leads",
    "olist/olist_marketing_qualified_leads_dataset.csv",
    description="One row per qualified lead: a seller who asked to join, and where they came from.",
    columns={
        "mql_id": "VARCHAR",
        "first_contact_date": "DATE",
        "landing_page_id": "VARCHAR",
        "origin": "VARCHAR",
    },
)

DEALS = CsvSource(
    "deals",
    "olist/olist_closed_deals_dataset.csv",
    description="One row per deal: a lead who became a seller, and what they said of their business.",
    columns={
        "mql_id": "VARCHAR",
        "seller_id": "VARCHAR",
        "sdr_id": "VARCHAR",
        "sr_id": "VARCHAR",
        "won_date": "TIMESTAMPTZ",
        "business_segment": "VARCHAR",
        "lead_type": "VARCHAR",
        "lead_behaviour_profile": "VARCHAR",
        "has_company": "BOOLEAN",
        "has_gtin": "BOOLEAN",
        "average_stock": "VARCHAR",
        "business_type": "VARCHAR",
        "declared_product_catalog_size": "INTEGER",
        "declared_monthly_revenue": "DECIMAL(12,2)",
    },
)

SOURCES = [LEADS, DEALS]
