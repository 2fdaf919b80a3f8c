"""The shop's exports, read as the shop means them: ids and postal codes are text, times are UTC, money is decimal."""

from mesh_platform import CsvSource

ORDERS = CsvSource(
    "orders",
    "olist/olist_orders_dataset.csv",
    description="One row per order, with the times of its payment, shipment and delivery.",
    columns={
        "order_id": "VARCHAR",
        "customer_id": "VARCHAR",
        "order_status": "VARCHAR",
        "order_purchase_timestamp": "TIMESTAMPTZ",
        "order_approved_at": "TIMESTAMPTZ",
        "order_delivered_carrier_date": "TIMESTAMPTZ",
        "order_delivered_customer_date": "TIMESTAMPTZ",
        "order_estimated_delivery_date": "TIMESTAMPTZ",
    },
)

ORDER_ITEMS = CsvSource(
    "order_items",
    "olist/olist_order_items_dataset.csv",
    description="One row per item of an order.",
    columns={
        "order_id": "VARCHAR",
        "order_item_id": "INTEGER",
        "product_id": "VARCHAR",
        "seller_id": "VARCHAR",
        "shipping_limit_date": "TIMESTAMPTZ",
        "price": "DECIMAL(12,2)",
        "freight_value": "DECIMAL(12,2)",
    },
)

CUSTOMERS = CsvSource(
    "customers",
    "olist/olist_customers_dataset.csv",
    description="One row per order's customer; the same person has another customer_id on every order.",
    columns={
        "customer_id": "VARCHAR",
        "customer_unique_id": "VARCHAR",
        "customer_zip_code_prefix": "VARCHAR",
        "customer_city": "VARCHAR",
        "customer_state": "VARCHAR",
    },
)

SELLERS = CsvSource(
    "sellers",
    "olist/olist_sellers_dataset.csv",
    description="One row per seller.",
    columns={
        "seller_id": "VARCHAR",
        "seller_zip_code_prefix": "VARCHAR",
        "seller_city": "VARCHAR",
        "seller_state": "VARCHAR",
    },
)

PRODUCTS = CsvSource(
    "products",
    "olist/olist_products_dataset.csv",
    description="One row per product; the shop's own spelling of its columns.",
    columns={
        "product_id": "VARCHAR",
        "product_category_name": "VARCHAR",
        "product_name_lenght": "INTEGER",
        "product_description_lenght": "INTEGER",
        "product_photos_qty": "INTEGER",
        "product_weight_g": "INTEGER",
        "product_length_cm": "INTEGER",
        "product_height_cm": "INTEGER",
        "product_width_cm": "INTEGER",
    },
    set_aside="1 %",
    reason="The measures are typed by hand; a product without any is missing in the catalog until the shop corrects it.",
)

CATEGORIES = CsvSource(
    "categories",
    "olist/product_category_name_translation.csv",
    description="One row per category, with its English name.",
    columns={"product_category_name": "VARCHAR", "product_category_name_english": "VARCHAR"},
    byte_order_mark=True,
)

SOURCES = [ORDERS, ORDER_ITEMS, CUSTOMERS, SELLERS, PRODUCTS, CATEGORIES]
