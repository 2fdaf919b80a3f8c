# What the other parts of a deployment need to know. The state of these sentences: as in main.tf.

output "mesh_ports" {
  description = "MESH_PORTS of every code server."
  value       = "s3://${aws_s3_bucket.ports.bucket}/${var.prefix}"
}

output "roles" {
  description = "By domain, the role for the annotation eks.amazonaws.com/role-arn of its service account."
  value       = { for name, role in aws_iam_role.domain : name => role.arn }
}
