# The ports of others that each domain reads.
# Made from the descriptors by deploy/reads.py; change those, and run `make deployment`.
# The state of these sentences: as in main.tf.

locals {
  reads = {
    governance = []
    sales      = []
    marketing  = ["sales/customers", "sales/order_items", "sales/orders"]
    finance    = ["marketing/channel_performance", "marketing/leads", "sales/order_events", "sales/order_items", "sales/orders"]
  }
}
