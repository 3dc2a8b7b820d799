"""The commands, one small file each: flags in, one engine session, text or JSON out."""
