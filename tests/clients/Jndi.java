import java.util.Hashtable;
import javax.naming.Context;
import javax.naming.NameNotFoundException;
import javax.naming.NamingEnumeration;
import javax.naming.directory.Attributes;
import javax.naming.directory.BasicAttributes;
import javax.naming.directory.BasicAttribute;
import javax.naming.directory.DirContext;
import javax.naming.directory.InitialDirContext;
import javax.naming.directory.SchemaViolationException;
import javax.naming.directory.SearchControls;
import javax.naming.directory.SearchResult;

/** What a Java application does with a directory; test_jndi.py reads the lines it prints. Arguments: URL, DN, password. */
public class Jndi {
    public static void main(String[] arguments) throws Exception {
        Hashtable<String, String> environment = new Hashtable<>();
        environment.put(Context.INITIAL_CONTEXT_FACTORY, "com.sun.jndi.ldap.LdapCtxFactory");
        environment.put(Context.PROVIDER_URL, arguments[0]);
        environment.put(Context.SECURITY_PRINCIPAL, arguments[1]);
        environment.put(Context.SECURITY_CREDENTIALS, arguments[2]);
        environment.put(Context.REFERRAL, "ignore");
        DirContext context = new InitialDirContext(environment);
        SearchControls controls = new SearchControls();
        controls.setSearchScope(SearchControls.SUBTREE_SCOPE);
        NamingEnumeration<SearchResult> found = context.search("ou=people", "(uid={0})", new Object[] {"alice"}, controls);
        System.out.println(found.next().getAttributes().get("cn").get());
        System.out.println(context.getAttributes("uid=bob,ou=people").get("uidNumber").get());
        System.out.println(context.lookup("ou=groups").getClass().getSimpleName());
        DirContext schema = context.getSchema("");
        System.out.println(schema.getAttributes("ClassDefinition/person").get("MUST").size());
        System.out.println(schema.getAttributes("AttributeDefinition/uid").get("NUMERICOID").get());
        Attributes person = new BasicAttributes(true);
        person.put(new BasicAttribute("objectClass", "person"));
        person.put(new BasicAttribute("sn", "N"));
        context.createSubcontext("cn=new,ou=people", person).close();
        context.rename("cn=new,ou=people", "cn=newer,ou=groups");
        Attributes change = new BasicAttributes("sn", "M", true);
        context.modifyAttributes("cn=newer,ou=groups", DirContext.REPLACE_ATTRIBUTE, change);
        System.out.println(context.getAttributes("cn=newer,ou=groups").get("sn").get());
        context.destroySubcontext("cn=newer,ou=groups");
        try {
            context.lookup("cn=newer,ou=groups");
        } catch (NameNotFoundException missing) {
            System.out.println(missing.getMessage());
        }
        try {
            context.createSubcontext("cn=bad,ou=people", new BasicAttributes("objectClass", "person", true));
        } catch (SchemaViolationException refused) {
            System.out.println(refused.getMessage());
        }
        context.close();
    }
}
