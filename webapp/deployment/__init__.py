"""What an administrator needs to put Recueil on servers: what is wrong before it starts, and the files that start it."""
