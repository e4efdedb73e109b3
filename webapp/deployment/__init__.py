"""What puts Recueil on servers: a look before it starts, the files that start it, the way from one to another."""
