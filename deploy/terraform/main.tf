# The bucket that holds the ports, and a role a domain: each reads its declared inputs and writes its own ports.
# Evaluated by tfparse in `make test-deploy`, and its policies tried there on a local S3 server that enforces them.
# Not run: there was neither Terraform nor an account where this was written; `terraform validate` comes first.
# Adding a domain is one entry in `domains`, and `make deployment`.

terraform {
  required_version = ">= 1.6"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.80"
    }
  }
}

resource "aws_s3_bucket" "ports" {
  bucket = var.bucket
}

resource "aws_s3_bucket_public_access_block" "ports" {
  bucket                  = aws_s3_bucket.ports.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_server_side_encryption_configuration" "ports" {
  bucket = aws_s3_bucket.ports.id
  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "aws:kms"
    }
    bucket_key_enabled = true
  }
}

# What is overwritten or removed by mistake can be put back: the mesh itself never changes an object.
resource "aws_s3_bucket_versioning" "ports" {
  bucket = aws_s3_bucket.ports.id
  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "ports" {
  bucket     = aws_s3_bucket.ports.id
  depends_on = [aws_s3_bucket_versioning.ports]
  rule {
    id     = "what-was-removed"
    status = "Enabled"
    filter {}
    noncurrent_version_expiration {
      noncurrent_days = var.keep_removed_days
    }
    abort_incomplete_multipart_upload {
      days_after_initiation = 2
    }
  }
}

resource "aws_s3_bucket_policy" "encrypted_transport" {
  bucket = aws_s3_bucket.ports.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "EncryptedTransportOnly"
      Effect    = "Deny"
      Principal = "*"
      Action    = "s3:*"
      Resource  = [aws_s3_bucket.ports.arn, "${aws_s3_bucket.ports.arn}/*"]
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
  })
}
