"""The commands of `recueil`, one file each; each module offers `command`."""

SUBCOMMAND = "COMMANDE …"
