# The domains of the mesh; a new one gets its line here. The state of these sentences: as in main.tf.

variable "domains" {
  description = "Every domain, with the Kubernetes service account that its code server runs under."
  type        = map(object({ service_account = string }))
  default = {
    sales      = { service_account = "mesh-sales" }
    marketing  = { service_account = "mesh-marketing" }
    finance    = { service_account = "mesh-finance" }
    governance = { service_account = "mesh-governance" }
  }
}
